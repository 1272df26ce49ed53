-- Whose session bought it: once that turned out to be a person, the ticket is the person's, and the session sees it still.
ALTER TABLE ticket ADD COLUMN session_id TEXT NOT NULL DEFAULT '';
UPDATE ticket SET session_id = buyer_id;
CREATE INDEX ticket_session ON ticket (session_id, issued_us);
