CREATE TABLE purchase (
    order_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    -- Who held the places: the buyer's subject at the time, which a later sign-in may have merged into another.
    session_id TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'PAYMENT_PENDING', 'PAID', 'FAILED')),
    method TEXT NOT NULL,
    -- The provider's token for a card, needed until the payment is known; never card data.
    card_token TEXT NOT NULL,
    face_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    currency TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    coupon_code TEXT NOT NULL,
    gift_reason TEXT NOT NULL,
    -- Why it is being given up; decided before anything is undone, so that a crash cannot change the mind.
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
CREATE INDEX purchase_buyer ON purchase (buyer_id, created_us, order_id);
CREATE INDEX purchase_event ON purchase (event_id, created_us, order_id);
CREATE INDEX purchase_due ON purchase (state, next_try_us);
CREATE TABLE purchase_line (
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
