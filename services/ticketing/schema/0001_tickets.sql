-- Counts of each event's tickets, and the last serial number given out.
CREATE TABLE event_admission (
    event_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    last_serial BIGINT NOT NULL DEFAULT 0,
    issued BIGINT NOT NULL DEFAULT 0,
    used BIGINT NOT NULL DEFAULT 0,
    CHECK (used >= 0 AND used <= issued AND issued <= last_serial)
);
CREATE TABLE ticket (
    ticket_id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    ticket_type_id TEXT NOT NULL,
    ticket_type_name TEXT NOT NULL,
    seat_id TEXT NOT NULL,
    seat_label TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'VALID' CHECK (state IN ('VALID', 'USED')),
    generation INTEGER NOT NULL DEFAULT 1 CHECK (generation BETWEEN 1 AND 65535),
    serial BIGINT NOT NULL CHECK (serial > 0),
    issued_us BIGINT NOT NULL,
    used_us BIGINT,
    used_at_gate TEXT NOT NULL DEFAULT '',
    UNIQUE (order_id, line_id),
    UNIQUE (event_id, serial),
    CHECK ((state = 'USED') = (used_us IS NOT NULL))
);
CREATE INDEX ticket_holder ON ticket (buyer_id, issued_us);
CREATE INDEX ticket_event ON ticket (event_id, issued_us);
-- Every scan that found a ticket of the event: its request and its outcome, so that a repeat gets the same answer.
CREATE TABLE scan (
    scan_id TEXT PRIMARY KEY,
    subject_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    ticket_id TEXT NOT NULL,
    requested_gate TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('ADMITTED', 'USED')),
    at_us BIGINT NOT NULL
);
CREATE INDEX scan_ticket ON scan (ticket_id, at_us);
-- The person behind each buyer: the buyer itself, or the account that a guest session was merged into.
CREATE TABLE holder (
    subject_id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL
);
CREATE INDEX holder_person ON holder (person_id);
