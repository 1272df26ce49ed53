-- places_revision: how often the hold's places had moved to another plan when the order took its seats.
ALTER TABLE customer_order ADD COLUMN places_revision INTEGER NOT NULL DEFAULT 0;
-- The orders that a hold's move concerns.
CREATE INDEX customer_order_hold ON customer_order (hold_id) WHERE state <> 'FAILED';
