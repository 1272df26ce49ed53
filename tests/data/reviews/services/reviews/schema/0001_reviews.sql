-- Who has paid for an event.
CREATE TABLE purchase (
    event_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    PRIMARY KEY (event_id, buyer_id)
);
CREATE TABLE review (
    review_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5)
);
