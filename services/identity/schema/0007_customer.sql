-- Whether a clerk at the counter took the contact down. Such a guest has no session of their own.
ALTER TABLE guest ADD COLUMN customer INTEGER NOT NULL DEFAULT 0;
