-- When sales begin; 0: when they were opened.
ALTER TABLE event_sale ADD COLUMN sales_start_us BIGINT NOT NULL DEFAULT 0;
