-- shard: that of the notice's event, or else of its reader, for the replica that writes and sends it. Rows from before
-- these columns are in shard 0.
ALTER TABLE notification ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
