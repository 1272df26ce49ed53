-- Refunds of paid orders. The states of orders are more than before, so the tables of orders are made anew and
-- reporting reads the whole feed of orders again.
DROP TABLE sales_line;
DROP TABLE order_row;
DELETE FROM feed_cursor WHERE producer = 'orders';
-- Orders at their newest version. discounted: tickets that cost less than their face price. free, given: tickets that cost
-- nothing, and gifts. returned, refunded_minor: tickets and money that were given back.
CREATE TABLE order_row (
    order_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (
        state IN (
            'PENDING', 'PAYMENT_PENDING', 'PAID', 'FAILED', 'REFUNDING', 'PART_REFUNDED', 'REFUNDED', 'REFUND_MANUAL',
            'DISPUTED'
        )
    ),
    tickets INTEGER NOT NULL CHECK (tickets >= 0),
    discounted INTEGER NOT NULL CHECK (discounted BETWEEN 0 AND tickets),
    face_minor BIGINT NOT NULL,
    discount_minor BIGINT NOT NULL CHECK (discount_minor >= 0),
    total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
    currency TEXT NOT NULL,
    coupon_id TEXT NOT NULL,
    coupon_code TEXT NOT NULL,
    paid_us BIGINT,
    version BIGINT NOT NULL,
    sale TEXT NOT NULL CHECK (sale IN ('SOLD', 'FREE', 'GIVEN')),
    free INTEGER NOT NULL,
    given INTEGER NOT NULL,
    returned INTEGER NOT NULL CHECK (returned BETWEEN 0 AND tickets),
    refunded_minor BIGINT NOT NULL CHECK (refunded_minor BETWEEN 0 AND total_minor),
    CHECK (total_minor = face_minor - discount_minor),
    CHECK ((state IN ('PENDING', 'PAYMENT_PENDING', 'FAILED')) = (paid_us IS NULL))
);
-- A covering index: sums by state and by time read no table row.
CREATE INDEX order_row_event ON order_row
(event_id, state, sale, paid_us, tickets, free, given, face_minor, discount_minor, total_minor, returned, refunded_minor);
CREATE INDEX order_row_coupon ON order_row (event_id, coupon_id);
-- The tickets of paid orders. returned: 1 if the ticket was given back.
CREATE TABLE sales_line (
    order_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    ticket_type_id TEXT NOT NULL,
    name TEXT NOT NULL,
    face_minor BIGINT NOT NULL,
    price_minor BIGINT NOT NULL,
    given INTEGER NOT NULL,
    returned INTEGER NOT NULL,
    PRIMARY KEY (order_id, n),
    CHECK (price_minor BETWEEN 0 AND face_minor)
);
CREATE INDEX sales_line_event ON sales_line
(event_id, ticket_type_id, name, face_minor, price_minor, given, returned);
-- Money that was given back, or is owed. A disputed order has a row with its own id, with the rest of its
-- price.
CREATE TABLE refund_row (
    refund_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    minor BIGINT NOT NULL CHECK (minor >= 0),
    at_us BIGINT NOT NULL
);
CREATE INDEX refund_row_event ON refund_row (event_id, at_us, minor);
