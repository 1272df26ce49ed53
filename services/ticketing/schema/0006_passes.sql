-- The uses of passes: each admits its holder once a night. event_id: the night.
CREATE TABLE pass_use (
    ticket_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    used_us BIGINT NOT NULL,
    used_at_gate TEXT NOT NULL,
    PRIMARY KEY (ticket_id, event_id)
);
-- passes_used: the passes of its series that were used at the event. They are not among its own tickets.
ALTER TABLE event_admission ADD COLUMN passes_used BIGINT NOT NULL DEFAULT 0;
