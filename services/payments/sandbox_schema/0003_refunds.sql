-- What was given back of a charge, under an idempotency key of its own.
CREATE TABLE refund (
    refund_key TEXT PRIMARY KEY,
    idempotency_key TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    at_us BIGINT NOT NULL
);
CREATE INDEX refund_charge ON refund (idempotency_key);
-- Charges that the owners of the cards dispute, in order. amount_minor: what was taken back.
CREATE TABLE dispute (
    n INTEGER PRIMARY KEY,
    idempotency_key TEXT NOT NULL UNIQUE,
    amount_minor BIGINT NOT NULL,
    at_us BIGINT NOT NULL
);
