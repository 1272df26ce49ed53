-- What depends on who holds an event's tickets is decided by one transaction at a time: each locks the event's row.
CREATE TABLE event_turn (
    event_id TEXT PRIMARY KEY,
    turns INTEGER NOT NULL
);
