-- accessible: for whom a seat is made, numbered as in the contract; 0: for everyone. companion_of: the accessible seat
-- beside which a companion sits; empty for other seats. special: 1 for both of these.
ALTER TABLE seat ADD COLUMN accessible INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seat ADD COLUMN companion_of TEXT NOT NULL DEFAULT '';
ALTER TABLE seat ADD COLUMN special INTEGER NOT NULL DEFAULT 0;
CREATE INDEX seat_special ON seat (event_id, category, distance) WHERE special = 1;
