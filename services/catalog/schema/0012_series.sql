-- Shows on several nights. A night is an event with the series' id. model_event_id: the event that is copied for a night.
CREATE TABLE series (
    series_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    model_event_id TEXT NOT NULL,
    rule TEXT NOT NULL
);
CREATE INDEX series_organizer ON series (organizer_id, series_id);
-- Until now any text could be an event's series.
UPDATE event SET series_id = '';
CREATE INDEX event_series ON event (series_id, starts_us, event_id) WHERE series_id <> '';
ALTER TABLE search_entry ADD COLUMN series_id TEXT NOT NULL DEFAULT '';
CREATE INDEX search_entry_series ON search_entry (series_id, starts_us, event_id) WHERE series_id <> '';
