-- Whether a clerk at the counter typed the contact. Such a guest has no session.
ALTER TABLE guest ADD COLUMN customer INTEGER NOT NULL DEFAULT 0;
