-- Events whose move was begun, and when inventory is told once more when their sales end: the move may have been cut off
-- after inventory had heard of it.
CREATE TABLE sales_end_due (
    event_id TEXT PRIMARY KEY,
    due_us BIGINT NOT NULL
);
CREATE INDEX sales_end_due_at ON sales_end_due (due_us, event_id);
