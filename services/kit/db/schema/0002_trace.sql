-- The W3C traceparent of the work that caused the fact; NULL if there is none.
ALTER TABLE outbox ADD COLUMN trace TEXT;
