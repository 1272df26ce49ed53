-- What is counted and when it happened: wrong passwords, secrets and codes, and codes that were asked for. counter: whom
-- and what it counts against. Network addresses are in it as keyed hashes.
CREATE TABLE attempt (
    counter TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    attempt_id TEXT NOT NULL,
    PRIMARY KEY (counter, at_us, attempt_id)
);
CREATE INDEX attempt_at ON attempt (at_us);
DROP TABLE wrong_try;
-- How many digits a code has, and the visitor who asked for it: a subject, or the keyed hash of a network address.
ALTER TABLE access_code ADD COLUMN digits INTEGER NOT NULL DEFAULT 6;
ALTER TABLE access_code ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE access_code DROP COLUMN tries_left;
