-- Refunds of orders. line_ids: separated by spaces; empty if only money is given back. whole: 1 if no line of the order is
-- left after it. next_try_us: when a replica picks it up again while it is PENDING. shard: that of the order's event.
CREATE TABLE order_refund (
    refund_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'DONE', 'FAILED', 'OWED', 'SETTLED')),
    ground TEXT NOT NULL CHECK (ground IN ('WITHDRAWAL', 'TERMS', 'ORGANIZER')),
    line_ids TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    kept_minor BIGINT NOT NULL CHECK (kept_minor >= 0),
    reason TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    clerk_id TEXT NOT NULL,
    even_if_used INTEGER NOT NULL,
    block_label TEXT NOT NULL,
    keep_coupon INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    created_us BIGINT NOT NULL,
    ended_us BIGINT,
    failure TEXT NOT NULL,
    note TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_try_us BIGINT NOT NULL,
    shard INTEGER NOT NULL,
    CHECK ((state = 'PENDING') = (ended_us IS NULL)),
    CHECK ((state = 'FAILED') = (failure <> ''))
);
-- An order has one refund under way at most.
CREATE UNIQUE INDEX order_refund_pending ON order_refund (order_id) WHERE state = 'PENDING';
CREATE INDEX order_refund_order ON order_refund (order_id, created_us, refund_id);
CREATE INDEX order_refund_due ON order_refund (next_try_us, refund_id) WHERE state = 'PENDING';
CREATE INDEX order_refund_organizer ON order_refund (organizer_id, created_us, refund_id);
CREATE INDEX order_refund_owed ON order_refund (organizer_id, created_us, refund_id) WHERE state = 'OWED';
-- refunded_minor: the money that was given back, or is owed. refund_count: how many refunds the order has. disputed_us:
-- when the owner of the card has disputed its payment.
ALTER TABLE customer_order ADD COLUMN refunded_minor BIGINT NOT NULL DEFAULT 0;
ALTER TABLE customer_order ADD COLUMN refund_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE customer_order ADD COLUMN disputed_us BIGINT;
