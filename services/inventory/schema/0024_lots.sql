-- The lots of ticket types, which are sold one after the other. n: the place of a lot among those of its type. A write
-- that changes lots of a type locks the type's first lot before it reads them. version: of its name and price, which
-- catalog keeps. quantity: what the organizer gave it; capacity: also what earlier lots have left to it, and without what
-- it has left to later ones. closed: its turn is over.
CREATE TABLE lot (
    ticket_type_id TEXT NOT NULL,
    lot_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    version BIGINT NOT NULL,
    quantity BIGINT NOT NULL,
    unlimited INTEGER NOT NULL,
    ends_us BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    held BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    closed INTEGER NOT NULL,
    PRIMARY KEY (ticket_type_id, lot_id),
    CHECK (held >= 0 AND sold >= 0 AND held + sold <= capacity)
);
CREATE INDEX lot_event ON lot (event_id);
CREATE INDEX lot_due ON lot (ends_us) WHERE closed = 0 AND ends_us > 0;
-- lots_of: the type whose lots give the tickets: itself, or the full-price type of a half-price type; empty: none.
ALTER TABLE ticket_type ADD COLUMN lots_of TEXT NOT NULL DEFAULT '';
