-- The facts of this context. Its feed sends them to other contexts, and its watches read them, in the order of pos. A
-- fact gets its pos after the commit, so a fact that was committed a moment ago may have none yet.
CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pos BIGINT UNIQUE,
    at_us BIGINT NOT NULL,
    type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    payload BYTEA NOT NULL
);
CREATE INDEX outbox_topic ON outbox (topic, pos);
CREATE INDEX outbox_unstamped ON outbox (id) WHERE pos IS NULL;
-- One row: the epoch that names this history, and the last pos given. A restore from a backup begins another epoch.
CREATE TABLE feed_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    pos BIGINT NOT NULL DEFAULT 0
);
-- How far this context has read the feed of each other context. The position changes in the same transaction as the
-- fact's effect, so each fact takes effect once.
CREATE TABLE feed_cursor (
    producer TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    pos BIGINT NOT NULL
);
-- Facts of other contexts that could not be applied, and later facts about the same aggregate.
CREATE TABLE parked_fact (
    producer TEXT NOT NULL,
    pos BIGINT NOT NULL,
    type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    payload BYTEA NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (producer, pos)
);
