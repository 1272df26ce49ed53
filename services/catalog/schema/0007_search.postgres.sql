-- The published events as the search finds them. n: the row of its words in search_text. version: that of the event when
-- the entry was written. title: folded. organizer_name: as it is in the words. cheapest_minor, dearest_minor: the least
-- and the largest price. stock_due_us: when inventory is asked again whether the event is sold out.
CREATE TABLE search_entry (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    organizer_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    city_folded TEXT NOT NULL,
    organizer_name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    online INTEGER NOT NULL,
    starts_us BIGINT NOT NULL,
    ends_us BIGINT NOT NULL,
    sales_end_us BIGINT NOT NULL,
    currency TEXT NOT NULL,
    cheapest_minor BIGINT NOT NULL,
    dearest_minor BIGINT NOT NULL,
    capacity INTEGER NOT NULL,
    sold_out INTEGER NOT NULL DEFAULT 0,
    stock_due_us BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX search_entry_on ON search_entry (starts_us, event_id);
CREATE INDEX search_entry_stock ON search_entry (stock_due_us);
-- The words of the entries, folded and with a space between two. Read as a tsvector, they are taken as they are.
CREATE TABLE search_text (
    rowid BIGINT PRIMARY KEY,
    words TSVECTOR NOT NULL
);
-- Without a list of pending words, which each search would scan: entries are seldom written.
CREATE INDEX search_text_words ON search_text USING gin (words) WITH (fastupdate = off);
-- Names of organizers for the search. due_us: when identity is asked for the name again.
CREATE TABLE organizer_name (
    organizer_id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    due_us BIGINT NOT NULL
);
CREATE INDEX organizer_name_due ON organizer_name (due_us);
