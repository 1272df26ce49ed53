-- returned: the places of a sold hold whose tickets were given back, as a JSON list of their positions; empty if none.
ALTER TABLE hold ADD COLUMN returned TEXT NOT NULL DEFAULT '';
