-- orphan_rule: what happens if a hold leaves a single seat alone, numbered as in the contract; 0: nothing.
ALTER TABLE event_sale ADD COLUMN orphan_rule INTEGER NOT NULL DEFAULT 0;
-- guarded_row: the row of a seat of an event with such a rule. Other events have none, so holds of them pay nothing for
-- the index: PostgreSQL writes a seat into each of its indexes whenever the seat changes its state.
ALTER TABLE seat ADD COLUMN guarded_row INTEGER;
CREATE INDEX seat_guarded ON seat (event_id, guarded_row) WHERE guarded_row IS NOT NULL;
-- orphans: the seats that a hold left alone, as a JSON list; empty if none.
ALTER TABLE hold ADD COLUMN orphans TEXT NOT NULL DEFAULT '';
