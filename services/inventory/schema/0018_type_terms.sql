-- The terms on which a ticket type sells. order_*: how many tickets of it a hold may have; 0 means no limit of its own.
-- *_us: 0 means with the event. hidden: availability leaves it out. code_hashes: of its access codes, separated by spaces.
ALTER TABLE ticket_type ADD COLUMN order_min INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN order_max INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN starts_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN ends_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket_type ADD COLUMN code_hashes TEXT NOT NULL DEFAULT '';
