-- Whether the account's e-mail is proven: only then does it count as the person's.
ALTER TABLE account ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
