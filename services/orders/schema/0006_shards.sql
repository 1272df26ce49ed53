-- shard: that of the order's event, for the replica that continues the saga. Orders from before this column are in shard 0.
ALTER TABLE customer_order ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
