-- The nights of a pass, which is a ticket type of a series. type_id: the ticket type of the night that it stands for.
CREATE TABLE pass_night (
    ticket_type_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    type_id TEXT NOT NULL,
    PRIMARY KEY (ticket_type_id, n)
);
CREATE INDEX pass_night_event ON pass_night (event_id);
-- nights: the number of nights of a pass; 0 for other types.
ALTER TABLE ticket_type ADD COLUMN nights INTEGER NOT NULL DEFAULT 0;
