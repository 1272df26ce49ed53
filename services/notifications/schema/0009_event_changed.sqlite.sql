-- An announcement tells all holders of an event's tickets of its changes within some minutes. Each change is a row. due_us:
-- when the holders are told. closed: their notices are being made, so that a later change begins another announcement.
CREATE TABLE event_change (
    change_id TEXT PRIMARY KEY,
    announcement_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    payload TEXT NOT NULL,
    at_us BIGINT NOT NULL
);
CREATE INDEX event_change_announcement ON event_change (announcement_id, version);
-- Each announcement so far told one change of the time, at once.
INSERT INTO event_change (change_id, announcement_id, event_id, version, payload, at_us)
SELECT announcement_id, announcement_id, event_id, version, payload, at_us FROM announcement;
DROP INDEX announcement_due;
DROP INDEX announcement_event;
ALTER TABLE announcement DROP COLUMN payload;
ALTER TABLE announcement DROP COLUMN version;
ALTER TABLE announcement DROP COLUMN at_us;
ALTER TABLE announcement RENAME COLUMN deliver_us TO due_us;
UPDATE announcement SET closed = 1;
CREATE INDEX announcement_due ON announcement (due_us, announcement_id) WHERE done = 0;
CREATE INDEX announcement_event ON announcement (event_id, due_us);
-- Since when the person holds tickets of the event. The person is not told of earlier changes.
ALTER TABLE ticket_holder ADD COLUMN since_us BIGINT NOT NULL DEFAULT 0;
-- A notice leaves as soon as it has its text: its announcement has waited.
ALTER TABLE notification DROP COLUMN deliver_us;
UPDATE notification SET kind = 'EVENT_CHANGED' WHERE kind = 'EVENT_RESCHEDULED';
-- The payload lists the changed fields, each with its old and its new value.
UPDATE notification SET payload = json_set(
    json_remove(payload, '$.old'),
    '$.changes',
    json_object(
        'starts_local',
        json_array(json_extract(payload, '$.old.starts_local'), json_extract(payload, '$.event.starts_local')),
        'time_zone',
        json_array(json_extract(payload, '$.old.time_zone'), json_extract(payload, '$.event.time_zone'))
    )
)
WHERE kind = 'EVENT_CHANGED';
UPDATE event_change SET payload = json_set(
    json_remove(payload, '$.old'),
    '$.changes',
    json_object(
        'starts_local',
        json_array(json_extract(payload, '$.old.starts_local'), json_extract(payload, '$.event.starts_local')),
        'time_zone',
        json_array(json_extract(payload, '$.old.time_zone'), json_extract(payload, '$.event.time_zone'))
    )
);
