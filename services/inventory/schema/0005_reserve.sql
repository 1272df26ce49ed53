-- reserve_until_us: until when an event keeps places for half price; 0: as long as it sells. released: whether these
-- places are open to all by now.
ALTER TABLE event_sale ADD COLUMN reserve_until_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_sale ADD COLUMN released INTEGER NOT NULL DEFAULT 0;
CREATE INDEX event_sale_reserve ON event_sale (reserve_until_us) WHERE released = 0;
-- The capacity of a pool is kept_capacity while places are kept for half price, and released_capacity afterwards.
ALTER TABLE pool ADD COLUMN kept_capacity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pool ADD COLUMN released_capacity BIGINT NOT NULL DEFAULT 0;
UPDATE pool SET kept_capacity = capacity, released_capacity = capacity;
