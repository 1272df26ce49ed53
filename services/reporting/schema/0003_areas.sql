-- The names for people of the counts of an event's areas, as JSON: {"area:floor": "Pista"}.
ALTER TABLE event_row ADD COLUMN areas TEXT NOT NULL DEFAULT '{}';
