-- Money of a payment that goes back. provider: gives it back under the refund's id, or 'box_office'. till_id: the till that
-- has paid it out. next_try_us and waiting_since_us are set while the provider's answer is awaited.
CREATE TABLE refund (
    refund_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    provider TEXT NOT NULL,
    return_fee INTEGER NOT NULL,
    clerk_id TEXT NOT NULL,
    till_id TEXT NOT NULL,
    counter_method TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('UNKNOWN', 'DONE', 'MANUAL', 'SETTLED')),
    tries INTEGER NOT NULL,
    next_try_us BIGINT,
    created_us BIGINT NOT NULL,
    ended_us BIGINT,
    CHECK ((state = 'UNKNOWN') = (next_try_us IS NOT NULL)),
    CHECK ((state IN ('DONE', 'SETTLED')) = (ended_us IS NOT NULL))
);
CREATE INDEX refund_order ON refund (order_id, created_us, refund_id);
CREATE INDEX refund_due ON refund (next_try_us, refund_id) WHERE next_try_us IS NOT NULL;
CREATE INDEX refund_till ON refund (till_id) WHERE till_id <> '';
-- refunded_minor: the money that was given back or is being given back. fee_minor: the platform's fee. disputed_us: when
-- the provider told that the card's owner disputes the payment.
ALTER TABLE payment ADD COLUMN refunded_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN fee_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN disputed_us BIGINT;
-- disputes_seen: the provider's number of the last dispute that is noted.
ALTER TABLE provider ADD COLUMN disputes_seen BIGINT NOT NULL DEFAULT 0;
-- Payouts to organizers, made in batches.
CREATE TABLE payout (
    payout_id TEXT PRIMARY KEY,
    batch_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    created_us BIGINT NOT NULL
);
CREATE INDEX payout_of_batch ON payout (batch_id, payout_id);
CREATE INDEX payout_organizer ON payout (organizer_id, created_us, payout_id);
CREATE TABLE payout_batch (
    batch_id TEXT PRIMARY KEY,
    created_us BIGINT NOT NULL
);
-- Statements sum up an organizer's books of a period.
CREATE INDEX ledger_line_statement ON ledger_line (organizer_id, at_us);
