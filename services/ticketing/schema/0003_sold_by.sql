-- The member that sold the ticket at the counter and may print it; empty for tickets sold online.
ALTER TABLE ticket ADD COLUMN sold_by TEXT NOT NULL DEFAULT '';
