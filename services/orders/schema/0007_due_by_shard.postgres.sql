-- For a replica that holds some of the shards. One that holds all uses the older index.
CREATE INDEX customer_order_due_by_shard ON customer_order (shard, next_try_us, order_id)
    WHERE state IN ('PAYMENT_PENDING', 'PENDING');
