-- For a replica that holds some of the shards. One that holds all uses the older indexes.
CREATE INDEX notification_due_by_shard ON notification (shard, rank, next_try_us) WHERE state = 'PENDING';
CREATE INDEX delivery_due_by_shard ON delivery (channel, shard, rank, next_try_us) WHERE state = 'PENDING';
