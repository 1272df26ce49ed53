-- The sandbox provider's own book: the charge under each idempotency key. A voided charge of amount 0 marks a key that
-- was burnt before it was used.
CREATE TABLE charge (
    idempotency_key TEXT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('authorized', 'captured', 'declined', 'voided')),
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
