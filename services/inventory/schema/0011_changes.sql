-- What an event sells may change after its sales have opened. version: of the last provision that inventory was told of,
-- applied or refused. revision: grows with each change, so that a hold notices that the terms it has read are old.
ALTER TABLE event_sale ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE event_sale ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;
-- sells: 0 for a ticket type that a change has removed; holds may still have tickets of it.
ALTER TABLE ticket_type ADD COLUMN sells INTEGER NOT NULL DEFAULT 1;
-- held_us: when the hold was taken.
ALTER TABLE hold ADD COLUMN held_us BIGINT NOT NULL DEFAULT 0;
UPDATE hold SET held_us = expires_us - 600000000;
-- A change of the pools that types draw on counts the holds in force again.
CREATE INDEX hold_of_event ON hold (event_id, hold_id) WHERE state IN ('HELD', 'LOCKED', 'SOLD');
