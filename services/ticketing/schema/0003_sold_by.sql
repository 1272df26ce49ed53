-- The member who sold the ticket at the counter and prints it; empty elsewhere.
ALTER TABLE ticket ADD COLUMN sold_by TEXT NOT NULL DEFAULT '';
