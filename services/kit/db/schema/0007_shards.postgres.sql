-- The replicas of this context, and until when each counts as alive by this database's clock.
CREATE TABLE replica (
    name TEXT PRIMARY KEY,
    until_us BIGINT NOT NULL
);
-- The shards of this context's background work. holder: a replica. If it is not alive, another one may take the shard,
-- and gives the lease a new number. Writes made under the lease check its number.
CREATE TABLE shard_lease (
    shard INTEGER PRIMARY KEY,
    holder TEXT NOT NULL,
    number BIGINT NOT NULL
);
-- Writes that check the number lock it FOR KEY SHARE. Since the number is part of a key, that lock stops a change of the
-- number only, and transactions of one shard do not wait for each other.
CREATE UNIQUE INDEX shard_lease_number ON shard_lease (shard, number);
INSERT INTO shard_lease (shard, holder, number) SELECT shard, '', 0 FROM generate_series(0, 15) AS shard;
-- The single lease of former versions ends and never becomes free. A replica of such a version that runs meanwhile serves
-- calls, and the fence refuses its background work, which this version now does.
UPDATE lease SET holder = '', number = number + 1, until_us = 9223372036854775807;
