-- waiting: 1 while people wait for one of the event's ticket types. Holds of such an event leave to them what they can
-- be offered; holds of all other events only compare this column.
ALTER TABLE event_sale ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
-- Wishes for tickets of a type that is sold out, in the order (joined_us, entry_id). hold_id: the hold of the offer, and
-- empty before. The hold tells how the offer ends, and the sweeper writes that into the state.
CREATE TABLE waiting_entry (
    entry_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    ticket_type_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('WAITING', 'OFFERED', 'FULFILLED', 'LAPSED', 'DECLINED', 'LEFT', 'EXPIRED')),
    joined_us BIGINT NOT NULL,
    hold_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX waiting_entry_next ON waiting_entry (ticket_type_id, joined_us, entry_id, quantity)
    WHERE state = 'WAITING';
CREATE INDEX waiting_entry_offered ON waiting_entry (hold_id) WHERE state = 'OFFERED';
CREATE INDEX waiting_entry_buyer ON waiting_entry (buyer_id, joined_us, entry_id);
CREATE INDEX waiting_entry_event ON waiting_entry (event_id, joined_us, entry_id);
-- How many entries wait for a ticket type, and for how many tickets. A type for which none waits has no row.
CREATE TABLE waiting_type (
    ticket_type_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    entries BIGINT NOT NULL,
    tickets BIGINT NOT NULL
);
CREATE INDEX waiting_type_event ON waiting_type (event_id);
