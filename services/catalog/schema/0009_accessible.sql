-- accessible: for whom a seat is made, numbered as in the contract; 0: for everyone. companion_of: the accessible seat
-- beside which a companion sits; empty for other seats.
ALTER TABLE plan_seat ADD COLUMN accessible INTEGER NOT NULL DEFAULT 0;
ALTER TABLE plan_seat ADD COLUMN companion_of TEXT NOT NULL DEFAULT '';
