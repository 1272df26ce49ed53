-- Facts of this context, told to others by its feed and to its own streams in the order of pos. It is given after the
-- commit: facts that are only just committed have none yet.
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
-- One row: which history this is, and the last position that was given. Another epoch after a restore from a copy.
CREATE TABLE feed_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    pos BIGINT NOT NULL DEFAULT 0
);
-- How far this context has read another one's feed. The position is the fence: it moves with the effect or not at all.
CREATE TABLE feed_cursor (
    producer TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    pos BIGINT NOT NULL
);
-- Facts that could not be taken in, and those about the same aggregate behind them.
CREATE TABLE parked_fact (
    producer TEXT NOT NULL,
    pos BIGINT NOT NULL,
    type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    payload BYTEA NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (producer, pos)
);
