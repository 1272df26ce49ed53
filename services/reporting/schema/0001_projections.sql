-- Events that a fact has named. Facts of different contexts arrive in any order: until catalog publishes an event, its
-- version is 0, its title is empty and its days are counted in UTC. revision counts the facts that changed the event.
CREATE TABLE event_row (
    event_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL CHECK (organizer_id <> ''),
    title TEXT NOT NULL DEFAULT '',
    time_zone TEXT NOT NULL DEFAULT 'UTC',
    currency TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 0,
    revision BIGINT NOT NULL DEFAULT 1
);
-- An event's ticket types, as catalog last published them.
CREATE TABLE type_row (
    event_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    organizer_id TEXT NOT NULL,
    ticket_type_id TEXT NOT NULL,
    name TEXT NOT NULL,
    price_minor BIGINT NOT NULL,
    PRIMARY KEY (event_id, n)
);
-- Orders at their newest version. discounted: tickets that cost less than their face price.
CREATE TABLE order_row (
    order_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'PAYMENT_PENDING', 'PAID', 'FAILED')),
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
    CHECK (total_minor = face_minor - discount_minor),
    CHECK ((state = 'PAID') = (paid_us IS NOT NULL))
);
-- A covering index: sums by state and by time read no table row.
CREATE INDEX order_row_event
ON order_row (event_id, state, paid_us, tickets, face_minor, discount_minor, total_minor);
CREATE INDEX order_row_coupon ON order_row (event_id, coupon_id);
-- The tickets of paid orders.
CREATE TABLE sales_line (
    order_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    ticket_type_id TEXT NOT NULL,
    name TEXT NOT NULL,
    face_minor BIGINT NOT NULL,
    price_minor BIGINT NOT NULL,
    PRIMARY KEY (order_id, n),
    CHECK (price_minor BETWEEN 0 AND face_minor)
);
CREATE INDEX sales_line_event ON sales_line (event_id, ticket_type_id, name, face_minor, price_minor);
-- inventory's counts of places. pos: the position of the fact that published the count.
CREATE TABLE stock_row (
    pool_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    name TEXT NOT NULL,
    capacity BIGINT NOT NULL,
    held BIGINT NOT NULL CHECK (held >= 0),
    sold BIGINT NOT NULL CHECK (sold >= 0),
    pos BIGINT NOT NULL
);
CREATE INDEX stock_row_event ON stock_row (event_id, pool_id);
-- Tickets that have admitted their holder.
CREATE TABLE admission_row (
    ticket_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL
);
CREATE INDEX admission_row_event ON admission_row (event_id);
