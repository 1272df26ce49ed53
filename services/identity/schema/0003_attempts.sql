-- Counted attempts: wrong passwords, secrets and codes, and requests for codes. counter: the kind of attempt and the
-- visitor or address that it counts against. Network addresses are keyed hashes.
CREATE TABLE attempt (
    counter TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    attempt_id TEXT NOT NULL,
    PRIMARY KEY (counter, at_us, attempt_id)
);
CREATE INDEX attempt_at ON attempt (at_us);
DROP TABLE wrong_try;
-- The number of the code's digits, and the visitor who asked for it: a subject, or a network address's keyed hash.
ALTER TABLE access_code ADD COLUMN digits INTEGER NOT NULL DEFAULT 6;
ALTER TABLE access_code ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE access_code DROP COLUMN tries_left;
