-- details: what the organizer tells besides, in JSON. archived: put away.
ALTER TABLE event ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
ALTER TABLE event ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
-- An event may be UNPUBLISHED. SQLite cannot change a CHECK, so the column is made anew.
DROP INDEX event_on;
ALTER TABLE event RENAME COLUMN state TO former_state;
ALTER TABLE event ADD COLUMN state TEXT NOT NULL DEFAULT 'DRAFT'
    CHECK (state IN ('DRAFT', 'PUBLISHING', 'PUBLISHED', 'UNPUBLISHED'));
UPDATE event SET state = former_state;
ALTER TABLE event DROP COLUMN former_state;
CREATE INDEX event_on ON event (state, starts_us, event_id);
