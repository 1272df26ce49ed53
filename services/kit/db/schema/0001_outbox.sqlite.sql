-- The facts of this context, in commit order. Its feed sends them to other contexts, and its watches read them.
CREATE TABLE outbox (
    pos INTEGER PRIMARY KEY AUTOINCREMENT,
    at_us INTEGER NOT NULL,
    type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_topic ON outbox (topic, pos);
-- One row: the epoch that names this history. A restore from a backup begins another epoch.
CREATE TABLE feed_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL
) STRICT;
-- How far this context has read the feed of each other context. The position changes in the same transaction as the
-- fact's effect, so each fact takes effect once.
CREATE TABLE feed_cursor (
    producer TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    pos INTEGER NOT NULL
) STRICT;
-- Facts of other contexts that could not be applied, and later facts about the same aggregate.
CREATE TABLE parked_fact (
    producer TEXT NOT NULL,
    pos INTEGER NOT NULL,
    type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    payload BLOB NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (producer, pos)
) STRICT;
