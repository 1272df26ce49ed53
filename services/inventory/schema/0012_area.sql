-- The name of the area that the tickets of a type are for; empty if they are for none.
ALTER TABLE ticket_type ADD COLUMN area_name TEXT NOT NULL DEFAULT '';
