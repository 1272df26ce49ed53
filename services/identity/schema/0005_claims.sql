-- Any number of accounts may claim an address. It belongs to the account that has proven it.
CREATE TABLE account_claim (
    account_id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    -- Argon2id in PHC form; empty for accounts without a password. The accounts of an address share a salt.
    password_phc TEXT NOT NULL,
    locale TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    verified INTEGER NOT NULL DEFAULT 0
);
INSERT INTO account_claim (account_id, email, name, password_phc, locale, at_us, verified)
SELECT account_id, email, name, password_phc, locale, at_us, verified FROM account;
DROP TABLE account;
ALTER TABLE account_claim RENAME TO account;
CREATE INDEX account_email ON account (email, at_us);
CREATE UNIQUE INDEX account_verified ON account (email) WHERE verified = 1;
-- Whether the account was invited and has not accepted yet.
ALTER TABLE membership ADD COLUMN invited INTEGER NOT NULL DEFAULT 0;
-- The account that is the member in this one's place: its person has proven the address. Empty for none.
ALTER TABLE membership ADD COLUMN became TEXT NOT NULL DEFAULT '';
