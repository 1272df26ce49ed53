-- Events whose move has begun, and the time at which the worker sends inventory their times once more. Without that, a move
-- that is interrupted after inventory has saved it would leave catalog and inventory with different times.
CREATE TABLE event_resend (
    event_id TEXT PRIMARY KEY,
    due_us BIGINT NOT NULL
);
CREATE INDEX event_resend_due ON event_resend (due_us, event_id);
