-- The language of the caller who asked for the code; empty if the call did not say.
ALTER TABLE access_code ADD COLUMN locale TEXT NOT NULL DEFAULT '';
