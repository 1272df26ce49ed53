-- What takes something off the price. A coupon's terms never change; only its uses are counted.
CREATE TABLE coupon (
    coupon_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    code TEXT NOT NULL CHECK (code = upper(code)),
    -- Either a share (1000 are 10 %) or an amount of a currency.
    basis_points INTEGER NOT NULL CHECK (basis_points BETWEEN 0 AND 10000),
    amount_minor BIGINT NOT NULL CHECK (amount_minor >= 0),
    currency TEXT NOT NULL,
    -- Ids with a space between them; empty: all types at full price.
    ticket_type_ids TEXT NOT NULL,
    expires_us BIGINT NOT NULL,
    -- Limits; 0: none.
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
-- How often a participant has used a coupon, by each key the participant is counted by.
CREATE TABLE coupon_participant (
    coupon_id TEXT NOT NULL,
    participant_key TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    uses INTEGER NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (coupon_id, participant_key)
);
-- One order's use of a coupon. RELEASED without a coupon: given back before it was taken, so that it never will be.
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
-- By which keys a use was counted; live while it counts.
CREATE TABLE redemption_key (
    order_id TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    participant_key TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    PRIMARY KEY (order_id, participant_key)
);
