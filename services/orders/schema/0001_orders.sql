-- Orders. The table is not called "order" because that is a keyword of SQL.
CREATE TABLE customer_order (
    order_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    -- The session that took the hold. It may have been merged into the account buyer_id since.
    session_id TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'PAYMENT_PENDING', 'PAID', 'FAILED')),
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
    CHECK (total_minor = face_minor - discount_minor AND discount_minor >= 0 AND total_minor >= 0),
    CHECK ((state = 'PAID') = (paid_us IS NOT NULL))
);
CREATE INDEX customer_order_buyer ON customer_order (buyer_id, created_us, order_id);
CREATE INDEX customer_order_event ON customer_order (event_id, created_us, order_id);
CREATE INDEX customer_order_due ON customer_order (state, next_try_us);
CREATE TABLE order_line (
    order_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    ticket_type_id TEXT NOT NULL,
    ticket_type_name TEXT NOT NULL,
    seat_id TEXT NOT NULL,
    seat_label TEXT NOT NULL,
    face_minor BIGINT NOT NULL,
    price_minor BIGINT NOT NULL,
    PRIMARY KEY (order_id, n),
    CHECK (price_minor BETWEEN 0 AND face_minor)
);
