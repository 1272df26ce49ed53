-- Whose session bought it: once that turned out to be a person, the ticket is the person's, and the session sees it still.
ALTER TABLE ticket ADD COLUMN bought_by TEXT NOT NULL DEFAULT '';
UPDATE ticket SET bought_by = holder_id;
CREATE INDEX ticket_bought_by ON ticket (bought_by, issued_us);
