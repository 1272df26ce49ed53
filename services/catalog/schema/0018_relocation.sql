-- Relocations of events to another venue or plan. target: in JSON. refused: in JSON, the reason and its facts; empty if it
-- was not refused. ended_us: 0 before the end. due_us: when the worker is to go on with it.
CREATE TABLE relocation (
    relocation_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    organizer_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('CHECKING', 'THAWING', 'STAGING', 'MOVING', 'DONE', 'REFUSED')),
    seats INTEGER NOT NULL DEFAULT 0,
    moved INTEGER NOT NULL DEFAULT 0,
    refused TEXT NOT NULL DEFAULT '',
    created_us BIGINT NOT NULL,
    ended_us BIGINT NOT NULL DEFAULT 0,
    due_us BIGINT NOT NULL
);
-- An event has at most one that has not ended.
CREATE UNIQUE INDEX relocation_open ON relocation (event_id) WHERE ended_us = 0;
CREATE INDEX relocation_due ON relocation (due_us, relocation_id) WHERE ended_us = 0;
