-- Changes of published events that inventory is being told of: wanted is the event after the change, in JSON. The call
-- that began a change completes it; if that call has died, the worker does at due_us. number: of the last provision that
-- was sent for it.
CREATE TABLE event_change (
    event_id TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    wanted TEXT NOT NULL,
    due_us BIGINT NOT NULL
);
CREATE INDEX event_change_due ON event_change (due_us, event_id);
-- It replaces event_resend, which can be dropped because no release has it; after the first release nothing is.
DROP TABLE event_resend;
-- How many provisions of the event have been sent to inventory.
ALTER TABLE event ADD COLUMN provisions BIGINT NOT NULL DEFAULT 0;
