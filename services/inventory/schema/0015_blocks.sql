-- The seats that the organizer keeps back, each with the name of its contingent and the reason. A row stays while a hold
-- has taken the seat from the blocked ones: if the hold ends without a sale, the seat is blocked again.
CREATE TABLE seat_block (
    event_id TEXT NOT NULL,
    seat_id TEXT NOT NULL,
    label TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (event_id, seat_id)
);
CREATE INDEX seat_block_label ON seat_block (event_id, label, seat_id);
INSERT INTO seat_block (event_id, seat_id, label, reason)
SELECT event_id, seat_id, '', '' FROM seat WHERE state = 'BLOCKED';
-- took_blocked: whether a hold has taken blocked seats.
ALTER TABLE hold ADD COLUMN took_blocked INTEGER NOT NULL DEFAULT 0;
