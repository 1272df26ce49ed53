-- The areas of an event: [[area_id, name, capacity], ...]. They are always read with it.
ALTER TABLE event ADD COLUMN areas TEXT NOT NULL DEFAULT '[]';
-- The area that the tickets of a type are for; empty for numbered seats, and in events without areas.
ALTER TABLE ticket_type ADD COLUMN area_id TEXT NOT NULL DEFAULT '';
