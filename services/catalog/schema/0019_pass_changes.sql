-- Changes of passes that inventory is being told of: wanted is the pass after the change, in JSON; a new pass if the series
-- has none of its id. The other columns are as in event_change.
CREATE TABLE pass_change (
    series_id TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    wanted TEXT NOT NULL,
    due_us BIGINT NOT NULL
);
CREATE INDEX pass_change_due ON pass_change (due_us, series_id);
-- How many provisions of the series' passes have been sent to inventory. So far each had the number of passes as its own.
ALTER TABLE series ADD COLUMN provisions BIGINT NOT NULL DEFAULT 0;
UPDATE series SET provisions = (SELECT count(*) FROM pass WHERE pass.series_id = series.series_id);
-- version: 1 for a new pass, and 1 more with each change.
ALTER TABLE pass ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- A pass is saved once inventory sells it. Calls that died before that are repeated by their callers. The column can be
-- dropped because no release has it; after the first release nothing is.
DELETE FROM ticket_type WHERE ticket_type_id IN (SELECT ticket_type_id FROM pass WHERE on_sale = 0);
DELETE FROM pass WHERE on_sale = 0;
ALTER TABLE pass DROP COLUMN on_sale;
