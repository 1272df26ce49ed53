-- When the organizer's members end selling at the counter: people come late, and pay at the door.
ALTER TABLE event_stock ADD COLUMN counter_end_us BIGINT NOT NULL DEFAULT 0;
UPDATE event_stock SET counter_end_us = sales_end_us;
