-- Coupons of events. Only uses changes; the other columns are written once.
CREATE TABLE coupon (
    coupon_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    code TEXT NOT NULL CHECK (code = upper(code)),
    -- Either a share of the price (1000 means 10 %) or an amount of a currency.
    basis_points INTEGER NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    -- Ids separated by spaces; empty means all full-price types.
    ticket_type_ids TEXT NOT NULL,
    expires_us BIGINT NOT NULL,
    -- Limits; 0 means no limit.
    uses_max INTEGER NOT NULL CHECK (uses_max >= 0),
    uses_per_participant_max INTEGER NOT NULL CHECK (uses_per_participant_max >= 0),
    tickets_per_use_max INTEGER NOT NULL CHECK (tickets_per_use_max >= 0),
    uses INTEGER NOT NULL DEFAULT 0,
    content_hash TEXT NOT NULL,
    UNIQUE (event_id, code),
    CHECK (uses >= 0 AND (uses_max = 0 OR uses <= uses_max)),
    CHECK ((basis_points > 0) <> (amount_minor > 0)),
    CHECK ((amount_minor > 0) = (currency <> ''))
);
-- The number of uses of a coupon by each key of a participant.
CREATE TABLE coupon_participant (
    coupon_id TEXT NOT NULL,
    participant_key TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    uses INTEGER NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (coupon_id, participant_key)
);
-- Each order's use of a coupon. A RELEASED row without coupon_id is a tombstone: the order gave its redemption back before
-- reserving it, and may not reserve it any more.
CREATE TABLE redemption (
    order_id TEXT PRIMARY KEY,
    coupon_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    tickets INTEGER NOT NULL CHECK (tickets >= 0),
    discount_minor BIGINT NOT NULL CHECK (discount_minor >= 0),
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('RESERVED', 'COMMITTED', 'RELEASED')),
    at_us BIGINT NOT NULL,
    CHECK (coupon_id <> '' OR state = 'RELEASED')
);
-- The keys by which a redemption was counted. live: 1 until the use is given back.
CREATE TABLE redemption_key (
    order_id TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    participant_key TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (order_id, participant_key)
);
