-- When sales end at the counter. Buyers come late and pay at the door, so this may be after sales_end_us.
ALTER TABLE event_sale ADD COLUMN counter_end_us BIGINT NOT NULL DEFAULT 0;
UPDATE event_sale SET counter_end_us = sales_end_us;
