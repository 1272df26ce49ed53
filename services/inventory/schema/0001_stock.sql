-- The sale of each event.
CREATE TABLE event_sale (
    event_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PROVISIONING', 'OPEN')),
    content_hash TEXT NOT NULL,
    sales_end_us BIGINT NOT NULL,
    tickets_per_order_max INTEGER NOT NULL
);
CREATE TABLE ticket_type (
    ticket_type_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    seated INTEGER NOT NULL
);
CREATE INDEX ticket_type_event ON ticket_type (event_id, n);
CREATE TABLE type_category (
    ticket_type_id TEXT NOT NULL,
    category TEXT NOT NULL,
    PRIMARY KEY (ticket_type_id, category)
);
CREATE TABLE type_pool (
    ticket_type_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    pool_id TEXT NOT NULL,
    PRIMARY KEY (ticket_type_id, n)
);
-- A pool counts places that are sold together.
CREATE TABLE pool (
    pool_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    name TEXT NOT NULL,
    capacity BIGINT NOT NULL,
    held BIGINT NOT NULL DEFAULT 0,
    sold BIGINT NOT NULL DEFAULT 0,
    CHECK (held >= 0 AND sold >= 0 AND held + sold <= capacity)
);
CREATE INDEX pool_event ON pool (event_id, n);
CREATE TABLE seat (
    event_id TEXT NOT NULL,
    seat_id TEXT NOT NULL,
    zone TEXT NOT NULL,
    row_name TEXT NOT NULL,
    number TEXT NOT NULL,
    category TEXT NOT NULL,
    row_index INTEGER NOT NULL,
    seat_index INTEGER NOT NULL,
    distance BIGINT NOT NULL,
    state TEXT NOT NULL DEFAULT 'FREE' CHECK (state IN ('FREE', 'HELD', 'SOLD', 'BLOCKED')),
    hold_id TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 1,
    PRIMARY KEY (event_id, seat_id),
    CHECK ((hold_id = '') = (state IN ('FREE', 'BLOCKED')))
);
CREATE INDEX seat_free ON seat (event_id, state, category, distance);
CREATE TABLE hold (
    hold_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('HELD', 'LOCKED', 'SOLD', 'LAPSED', 'RELEASED')),
    expires_us BIGINT NOT NULL,
    order_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX hold_due ON hold (state, expires_us);
CREATE TABLE hold_place (
    hold_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    ticket_type_id TEXT NOT NULL,
    seat_id TEXT NOT NULL,
    seat_label TEXT NOT NULL,
    PRIMARY KEY (hold_id, n)
);
-- All changes of all seats, in order: tests and auditors replay the whole history from them.
CREATE TABLE seat_event (
    event_id TEXT NOT NULL,
    seat_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    at_us BIGINT NOT NULL,
    PRIMARY KEY (event_id, seat_id, version)
);
