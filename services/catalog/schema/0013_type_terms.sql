-- What an organizer may say of a ticket type, also after the event is published. per_order_*: 0 means no limit of its own.
-- access_codes: one per line, in upper case. sales_*_us: 0 means with the event. prices: [[from_us, price_minor], ...]
-- since the event was published, the newest last; empty if the price has never changed.
ALTER TABLE ticket_type ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket_type ADD COLUMN per_order_min INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN per_order_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN access_codes TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket_type ADD COLUMN sales_start_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN sales_end_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN prices TEXT NOT NULL DEFAULT '[]';
-- state: LIVE, ARCHIVED (it sells no more), or ADDING (its id is taken while inventory is told of it; not yet a type).
ALTER TABLE ticket_type ADD COLUMN state TEXT NOT NULL DEFAULT 'LIVE';
-- place: in the event's list, counted from 0. n only keeps an event from having more types than it may.
ALTER TABLE ticket_type ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
UPDATE ticket_type SET place = n;
