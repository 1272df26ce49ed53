-- A clerk's cash box during one shift. float_minor: the cash at its beginning. counted_minor and expected_minor: the cash
-- that was counted, and that should have been there, when it was closed. content_hash, closing_hash: tell a repeat of
-- OpenTill or CloseTill from another call.
CREATE TABLE till (
    till_id TEXT PRIMARY KEY,
    organizer_id TEXT NOT NULL,
    clerk_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    float_minor BIGINT NOT NULL CHECK (float_minor >= 0),
    content_hash TEXT NOT NULL,
    opened_us BIGINT NOT NULL,
    closed_us BIGINT,
    closed_by TEXT NOT NULL DEFAULT '',
    counted_minor BIGINT NOT NULL DEFAULT 0,
    expected_minor BIGINT NOT NULL DEFAULT 0,
    note TEXT NOT NULL DEFAULT '',
    closing_hash TEXT NOT NULL DEFAULT '',
    CHECK ((closed_us IS NULL) = (closed_by = ''))
);
-- A clerk has at most one open till.
CREATE UNIQUE INDEX till_open ON till (organizer_id, clerk_id) WHERE closed_us IS NULL;
CREATE INDEX till_organizer ON till (organizer_id, opened_us, till_id);
-- till_id: the till that took the money. counter_method: how the customer paid there. Both are empty away from the counter.
ALTER TABLE payment ADD COLUMN till_id TEXT NOT NULL DEFAULT '';
ALTER TABLE payment ADD COLUMN counter_method TEXT NOT NULL DEFAULT '';
CREATE INDEX payment_till ON payment (till_id, order_id) WHERE till_id <> '';
