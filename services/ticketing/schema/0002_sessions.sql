-- The session that bought the ticket. When it is merged into an account, the ticket becomes the account's, and the
-- session still sees it.
ALTER TABLE ticket ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
UPDATE ticket SET session_id = buyer_id;
CREATE INDEX ticket_session ON ticket (session_id, issued_us);
