-- number: short, for people; older orders have none. sold_by: the member who sold at the counter, empty elsewhere.
ALTER TABLE customer_order ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE customer_order ADD COLUMN sold_by TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX customer_order_number ON customer_order (number) WHERE number <> '';
