-- Which subject made which order: a session that turned out to be a person goes on hearing of what it bought.
CREATE TABLE bought (
    subject_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (subject_id, order_id)
);
INSERT INTO bought (subject_id, order_id, event_id)
SELECT DISTINCT buyer_id, order_id, event_id FROM notification WHERE order_id <> '';
