-- Until when an event keeps places for half price, 0 for as long as it sells, and whether they are open to all since.
ALTER TABLE event_stock ADD COLUMN reserve_until_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_stock ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
CREATE INDEX event_stock_reserve ON event_stock (reserve_until_us) WHERE released = 0;
-- A pool's capacity is one of these two: while places are kept for half price, and from then on.
ALTER TABLE pool ADD COLUMN kept_capacity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pool ADD COLUMN released_capacity BIGINT NOT NULL DEFAULT 0;
UPDATE pool SET kept_capacity = capacity, released_capacity = capacity;
