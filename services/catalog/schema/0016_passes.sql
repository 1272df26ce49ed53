-- Passes of series. Their names and prices are in ticket_type, whose event_id is then the series. nights: those that the
-- pass admits to, as [[event_id, ticket_type_id], ...] with the ticket types that it stands for. on_sale: 1 once inventory
-- sells it.
CREATE TABLE pass (
    ticket_type_id TEXT PRIMARY KEY,
    series_id TEXT NOT NULL,
    nights TEXT NOT NULL,
    on_sale INTEGER NOT NULL
);
CREATE INDEX pass_series ON pass (series_id);
