-- How often a clerk has printed the ticket again.
ALTER TABLE ticket ADD COLUMN reprints INTEGER NOT NULL DEFAULT 0;
-- Who printed the tickets of an order again, and when.
CREATE TABLE reprint (
    reprint_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    tickets INTEGER NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE INDEX reprint_order ON reprint (order_id, at_us, reprint_id);
