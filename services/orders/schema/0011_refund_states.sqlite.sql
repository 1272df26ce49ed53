-- The states of orders of which something was given back. They have been paid, too. SQLite cannot change the rules of a
-- table, so the table is written anew.
CREATE TABLE customer_order_anew (
    order_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    -- The session that took the hold. It may have been merged into the account buyer_id since.
    session_id TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN (
            'PENDING', 'PAYMENT_PENDING', 'PAID', 'FAILED', 'REFUNDING', 'PART_REFUNDED', 'REFUNDED', 'REFUND_MANUAL',
            'DISPUTED'
        )
    ),
    method TEXT NOT NULL,
    -- The provider's token for the card, never card data. Deleted when the payment is known.
    card_token TEXT NOT NULL,
    face_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    coupon_code TEXT NOT NULL,
    gift_reason TEXT NOT NULL,
    -- Why the order is being given up. Stored before any step is undone, so that a crash does not change the decision.
    giving_up TEXT NOT NULL DEFAULT '',
    created_us BIGINT NOT NULL,
    paid_us BIGINT,
    pay_until_us BIGINT NOT NULL,
    locale TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_us BIGINT NOT NULL,
    number TEXT NOT NULL DEFAULT '',
    sold_by TEXT NOT NULL DEFAULT '',
    shard INTEGER NOT NULL DEFAULT 0,
    counter_method TEXT NOT NULL DEFAULT '',
    counter_reference TEXT NOT NULL DEFAULT '',
    till_id TEXT NOT NULL DEFAULT '',
    received_minor BIGINT,
    one_sale INTEGER NOT NULL DEFAULT 0,
    places_revision INTEGER NOT NULL DEFAULT 0,
    refunded_minor BIGINT NOT NULL DEFAULT 0,
    refund_count INTEGER NOT NULL DEFAULT 0,
    disputed_us BIGINT,
    CHECK (total_minor = face_minor - discount_minor AND discount_minor >= 0 AND total_minor >= 0),
    CHECK ((state IN ('PENDING', 'PAYMENT_PENDING', 'FAILED')) = (paid_us IS NULL)),
    CHECK (refunded_minor BETWEEN 0 AND total_minor)
);
INSERT INTO customer_order_anew (
    order_id, event_id, organizer_id, buyer_id, session_id, hold_id, content_hash, state, method, card_token,
    face_minor, discount_minor, total_minor, currency, coupon_id, coupon_code, gift_reason, giving_up, created_us,
    paid_us, pay_until_us, locale, version, tries, next_try_us, number, sold_by, shard, counter_method,
    counter_reference, till_id, received_minor, one_sale, places_revision, refunded_minor, refund_count, disputed_us
)
SELECT
    order_id, event_id, organizer_id, buyer_id, session_id, hold_id, content_hash, state, method, card_token,
    face_minor, discount_minor, total_minor, currency, coupon_id, coupon_code, gift_reason, giving_up, created_us,
    paid_us, pay_until_us, locale, version, tries, next_try_us, number, sold_by, shard, counter_method,
    counter_reference, till_id, received_minor, one_sale, places_revision, refunded_minor, refund_count, disputed_us
FROM customer_order;
DROP TABLE customer_order;
ALTER TABLE customer_order_anew RENAME TO customer_order;
CREATE INDEX customer_order_buyer ON customer_order (buyer_id, created_us, order_id);
CREATE INDEX customer_order_event ON customer_order (event_id, created_us, order_id);
CREATE INDEX customer_order_due ON customer_order (state, next_try_us);
CREATE INDEX customer_order_session ON customer_order (session_id, created_us, order_id);
CREATE UNIQUE INDEX customer_order_number ON customer_order (number) WHERE number <> '';
CREATE INDEX customer_order_hold ON customer_order (hold_id) WHERE state <> 'FAILED';
