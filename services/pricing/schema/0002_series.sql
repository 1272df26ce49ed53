-- A coupon may be for all nights of a series. event_id is then the series' id, and the coupon applies to ticket types by
-- their names, one per line, since each night has types of its own.
ALTER TABLE coupon ADD COLUMN ticket_type_names TEXT NOT NULL DEFAULT '';
