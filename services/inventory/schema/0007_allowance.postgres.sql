-- For how many tickets a hold is, and from where an unproven guest has taken it: a keyed hash of the network address,
-- 0 where it is not counted, and once the hold is over.
ALTER TABLE hold ADD COLUMN tickets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hold ADD COLUMN address BIGINT NOT NULL DEFAULT 0;
UPDATE hold SET tickets = json_array_length(places::json);
-- What is held is counted by who holds it. These indexes have only that, and stay small whatever was ever sold.
CREATE INDEX hold_of_buyer ON hold (buyer_id) WHERE state IN ('HELD', 'LOCKED');
CREATE INDEX hold_of_address ON hold (address, state, expires_us, tickets)
    WHERE address <> 0 AND state IN ('HELD', 'LOCKED');
DROP INDEX hold_due;
CREATE INDEX hold_due ON hold (expires_us) WHERE state = 'HELD';
-- One row: the key of those hashes.
CREATE TABLE address_key (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    secret TEXT NOT NULL
);
INSERT INTO address_key (one, secret) VALUES (1, gen_random_uuid()::text || gen_random_uuid()::text);
