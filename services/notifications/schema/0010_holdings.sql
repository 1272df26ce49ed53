-- The orders whose tickets a person holds. serials: the numbers within the order of its valid tickets, as JSON; "[]" once all
-- are revoked. So a person who has given all tickets of an event back is told of its changes no more. Which tickets the
-- holders had so far is not known here, so notifications reads the whole feed of ticketing again. Notices that it has made
-- already it does not make again.
DROP TABLE ticket_holder;
CREATE TABLE ticket_holder (
    order_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    serials TEXT NOT NULL,
    paid INTEGER NOT NULL CHECK (paid IN (0, 1)),
    since_us BIGINT NOT NULL
);
CREATE INDEX ticket_holder_event ON ticket_holder (event_id, buyer_id);
CREATE INDEX ticket_holder_holder ON ticket_holder (buyer_id);
DELETE FROM feed_cursor WHERE producer = 'ticketing';
