-- The search has tables of its own for single events and for series, so that it finds a series without a look at all of
-- its nights. The sweep of the search fills them.
DROP TABLE search_text;
DROP TABLE search_entry;
-- The events that searches find. version: that of the event when its entry was written. organizer_name: as it is in the
-- words of the entry. stock_due_us: when inventory is asked again whether the event is sold out.
CREATE TABLE search_event (
    event_id TEXT PRIMARY KEY,
    version BIGINT NOT NULL,
    organizer_name TEXT NOT NULL,
    ends_us BIGINT NOT NULL,
    capacity INTEGER NOT NULL,
    stock_due_us BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX search_event_stock ON search_event (stock_due_us);
-- Entries of events that are no nights of series. title: its words. cheapest_minor, dearest_minor: the least and the
-- largest price. has_lots: 1 if a ticket type is sold in lots. words: all words, folded and with a space between two.
CREATE TABLE search_single (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    starts_us BIGINT NOT NULL,
    ends_us BIGINT NOT NULL,
    sales_end_us BIGINT NOT NULL,
    sold_out INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL,
    city_folded TEXT NOT NULL,
    kind INTEGER NOT NULL,
    online INTEGER NOT NULL,
    currency TEXT NOT NULL,
    cheapest_minor BIGINT NOT NULL,
    dearest_minor BIGINT NOT NULL,
    has_lots INTEGER NOT NULL,
    words TSVECTOR NOT NULL
);
CREATE INDEX search_single_on ON search_single (starts_us, event_id);
-- Entries of series: one for all nights of a series that are alike in everything but their times. content_key: a hash of
-- all that they have in common.
CREATE TABLE search_series (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series_id TEXT NOT NULL,
    content_key TEXT NOT NULL,
    title TEXT NOT NULL,
    city_folded TEXT NOT NULL,
    kind INTEGER NOT NULL,
    online INTEGER NOT NULL,
    currency TEXT NOT NULL,
    cheapest_minor BIGINT NOT NULL,
    dearest_minor BIGINT NOT NULL,
    has_lots INTEGER NOT NULL,
    words TSVECTOR NOT NULL,
    UNIQUE (series_id, content_key)
);
-- The nights of those entries. series_n: the entry.
CREATE TABLE search_night (
    n BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    series_n BIGINT NOT NULL,
    series_id TEXT NOT NULL,
    starts_local TEXT NOT NULL,
    starts_us BIGINT NOT NULL,
    ends_us BIGINT NOT NULL,
    sales_end_us BIGINT NOT NULL,
    sold_out INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX search_night_entry ON search_night (series_n, event_id);
CREATE INDEX search_night_on ON search_night (starts_us, event_id);
CREATE INDEX search_night_series ON search_night (series_id, starts_us, event_id);
-- Adds the beginnings of all words, of one to three characters, with a = before each: one letter begins so many words that
-- the index would have to be read at a hundred places.
CREATE FUNCTION search_beginnings() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.words := new.words || coalesce((SELECT array_to_tsvector(array_agg(DISTINCT '=' || left(word, size))) FROM unnest(tsvector_to_array(new.words)) AS word, generate_series(1, 3) AS size WHERE word NOT LIKE '=%' AND length(word) >= size), ''); RETURN new; END $$;
CREATE TRIGGER search_single_beginnings BEFORE INSERT OR UPDATE OF words ON search_single FOR EACH ROW EXECUTE FUNCTION search_beginnings();
CREATE TRIGGER search_series_beginnings BEFORE INSERT OR UPDATE OF words ON search_series FOR EACH ROW EXECUTE FUNCTION search_beginnings();
-- Without a list of pending words, which each search would scan: entries are seldom written.
CREATE INDEX search_single_words ON search_single USING gin (words) WITH (fastupdate = off);
CREATE INDEX search_series_words ON search_series USING gin (words) WITH (fastupdate = off);
