-- Transactions about an event's holders and announcements run one after the other: each locks the event's row.
CREATE TABLE event_turn (
    event_id TEXT PRIMARY KEY,
    turns INTEGER NOT NULL
);
