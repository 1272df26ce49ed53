-- The subject that made each order. A session that was merged into a person is still told of the orders that it made.
CREATE TABLE bought (
    subject_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    PRIMARY KEY (subject_id, order_id)
);
INSERT INTO bought (subject_id, order_id, event_id)
SELECT DISTINCT buyer_id, order_id, event_id FROM notification WHERE order_id <> '';
