-- How the customer paid at the counter, and into which till; all empty away from the counter. received_minor: the cash
-- that the customer gave, if the clerk said so. one_sale: 1 if the hold was taken for this order alone.
ALTER TABLE customer_order ADD COLUMN counter_method TEXT NOT NULL DEFAULT '';
ALTER TABLE customer_order ADD COLUMN counter_reference TEXT NOT NULL DEFAULT '';
ALTER TABLE customer_order ADD COLUMN till_id TEXT NOT NULL DEFAULT '';
ALTER TABLE customer_order ADD COLUMN received_minor BIGINT;
ALTER TABLE customer_order ADD COLUMN one_sale INTEGER NOT NULL DEFAULT 0;
