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
-- largest price. has_lots: 1 if a ticket type is sold in lots. words: all words, folded and with a space between two; the
-- index takes them away, because long rows would not stay in memory.
CREATE TABLE search_single (
    n INTEGER PRIMARY KEY,
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
    words TEXT
);
CREATE INDEX search_single_on ON search_single (starts_us, event_id);
-- Entries of series: one for all nights of a series that are alike in everything but their times. content_key: a hash of
-- all that they have in common.
CREATE TABLE search_series (
    n INTEGER PRIMARY KEY,
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
    words TEXT,
    UNIQUE (series_id, content_key)
);
-- The nights of those entries. series_n: the entry.
CREATE TABLE search_night (
    n INTEGER PRIMARY KEY,
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
-- The words of the entries by their n. The tokenizer 'ascii' takes words as they are.
CREATE VIRTUAL TABLE search_single_words USING fts5(
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '1 2 3'
);
CREATE TRIGGER search_single_added AFTER INSERT ON search_single BEGIN INSERT INTO search_single_words (rowid, words) VALUES (new.n, new.words); UPDATE search_single SET words = NULL WHERE n = new.n; END;
CREATE TRIGGER search_single_changed AFTER UPDATE OF words ON search_single WHEN new.words IS NOT NULL BEGIN DELETE FROM search_single_words WHERE rowid = new.n; INSERT INTO search_single_words (rowid, words) VALUES (new.n, new.words); UPDATE search_single SET words = NULL WHERE n = new.n; END;
CREATE TRIGGER search_single_dropped AFTER DELETE ON search_single BEGIN DELETE FROM search_single_words WHERE rowid = old.n; END;
CREATE VIRTUAL TABLE search_series_words USING fts5(
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii', prefix = '1 2 3'
);
CREATE TRIGGER search_series_added AFTER INSERT ON search_series BEGIN INSERT INTO search_series_words (rowid, words) VALUES (new.n, new.words); UPDATE search_series SET words = NULL WHERE n = new.n; END;
CREATE TRIGGER search_series_changed AFTER UPDATE OF words ON search_series WHEN new.words IS NOT NULL BEGIN DELETE FROM search_series_words WHERE rowid = new.n; INSERT INTO search_series_words (rowid, words) VALUES (new.n, new.words); UPDATE search_series SET words = NULL WHERE n = new.n; END;
CREATE TRIGGER search_series_dropped AFTER DELETE ON search_series BEGIN DELETE FROM search_series_words WHERE rowid = old.n; END;
