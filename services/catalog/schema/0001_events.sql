-- Venues of organizers. *_folded: in lower case and without accents, for comparing.
CREATE TABLE venue (
    venue_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    city_folded TEXT NOT NULL,
    time_zone TEXT NOT NULL
);
CREATE INDEX venue_organizer ON venue (organizer_id, name_folded, venue_id);
-- Complete plans. Their files and seats were written before, under import_id.
CREATE TABLE plan (
    plan_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    venue_id TEXT NOT NULL,
    import_id TEXT NOT NULL,
    name TEXT NOT NULL,
    seat_count INTEGER NOT NULL CHECK (seat_count >= 1)
);
-- The import that may write to a plan: the last that began. import_id: a hash of the organizer, the plan's id, the venue
-- and the file. leftover_id: the replaced import, if rows of it may be left to delete.
CREATE TABLE plan_import (
    plan_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    import_id TEXT NOT NULL,
    leftover_id TEXT NOT NULL DEFAULT ''
);
CREATE TABLE plan_category (
    import_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    name TEXT NOT NULL,
    color TEXT NOT NULL,
    seat_count INTEGER NOT NULL,
    PRIMARY KEY (import_id, n)
);
-- The imported file in parts, each compressed and in base64.
CREATE TABLE plan_part (
    import_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    part TEXT NOT NULL,
    PRIMARY KEY (import_id, n)
);
CREATE TABLE plan_seat (
    import_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    seat_id TEXT NOT NULL,
    zone TEXT NOT NULL,
    row_name TEXT NOT NULL,
    number TEXT NOT NULL,
    category TEXT NOT NULL,
    row_index INTEGER NOT NULL,
    seat_index INTEGER NOT NULL,
    distance BIGINT NOT NULL,
    PRIMARY KEY (import_id, n)
);
-- PUBLISHING: PublishEvent is handing the places to inventory, and ticket types can no longer change.
CREATE TABLE event (
    event_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    title TEXT NOT NULL,
    title_folded TEXT NOT NULL,
    description TEXT NOT NULL,
    kind INTEGER NOT NULL,
    admission INTEGER NOT NULL CHECK (admission IN (1, 2, 3)),
    venue_id TEXT NOT NULL,
    plan_id TEXT NOT NULL,
    starts_local TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    starts_us BIGINT NOT NULL,
    ends_us BIGINT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 1),
    currency TEXT NOT NULL,
    tickets_per_order_max INTEGER NOT NULL CHECK (tickets_per_order_max >= 1),
    online_url TEXT NOT NULL,
    series_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('DRAFT', 'PUBLISHING', 'PUBLISHED')),
    version BIGINT NOT NULL,
    CHECK (starts_us < ends_us),
    CHECK ((admission = 1) = (plan_id <> '')),
    CHECK ((admission = 3) = (venue_id = '')),
    CHECK ((admission = 3) = (online_url <> ''))
);
CREATE INDEX event_on ON event (state, starts_us, event_id);
CREATE INDEX event_organizer ON event (organizer_id, starts_us, event_id);
-- price_minor: in the event's currency. seat_categories: one per line; empty means all.
CREATE TABLE ticket_type (
    ticket_type_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n < 50),
    content_hash TEXT NOT NULL,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
    seat_categories TEXT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 0),
    half_of TEXT NOT NULL,
    UNIQUE (event_id, n)
);
