-- The W3C traceparent of what made a fact true; NULL where it is not known.
ALTER TABLE outbox ADD COLUMN trace TEXT;
