-- Whether the account's e-mail is proven. Only a proven e-mail counts as the person's.
ALTER TABLE account ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
