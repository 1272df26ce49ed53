-- The lots of a ticket type, in JSON: each with its lot_id, name, price_minor, quantity, ends_us and version. They are
-- always read and written with their type.
ALTER TABLE ticket_type ADD COLUMN lots TEXT NOT NULL DEFAULT '[]';
