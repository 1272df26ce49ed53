-- shard: that of the order's event, for the replica that continues the saga. Orders from before this column are in shard 0.
ALTER TABLE customer_order ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
DROP INDEX customer_order_due;
CREATE INDEX customer_order_due ON customer_order (shard, next_try_us, order_id)
    WHERE state IN ('PAYMENT_PENDING', 'PENDING');
