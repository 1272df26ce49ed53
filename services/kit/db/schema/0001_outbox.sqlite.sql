-- Facts of this context in commit order, told to others by its feed and to its own streams.
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
-- One row: which history this is. Another epoch after a restore from a copy.
CREATE TABLE feed_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL
) STRICT;
-- How far this context has read another one's feed. The position is the fence: it moves with the effect or not at all.
CREATE TABLE feed_cursor (
    producer TEXT PRIMARY KEY,
    epoch TEXT NOT NULL,
    pos INTEGER NOT NULL
) STRICT;
-- Facts that could not be taken in, and those about the same aggregate behind them.
CREATE TABLE parked_fact (
    producer TEXT NOT NULL,
    pos INTEGER NOT NULL,
    type TEXT NOT NULL,
    aggregate_id TEXT NOT NULL,
    payload BLOB NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (producer, pos)
) STRICT;
