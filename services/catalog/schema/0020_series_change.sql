-- New words of series: each night that has the former ones gets them, then the series itself. The call that began this
-- completes it; if that call has died, the worker does at due_us.
CREATE TABLE series_change (
    series_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    due_us BIGINT NOT NULL
);
CREATE INDEX series_change_due ON series_change (due_us, series_id);
