-- moving: 1 while the event's seats move to another plan, or it is found out whether they can. It is a column beside the
-- state because holds compare it in the statement that reads the sale anyway, and a state's CHECK is hard to change.
ALTER TABLE event_sale ADD COLUMN moving INTEGER NOT NULL DEFAULT 0;
-- frozen: how many relocations have frozen the hold; a hold of passes has places in several events. places_revision: how
-- often its places have moved.
ALTER TABLE hold ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hold ADD COLUMN places_revision INTEGER NOT NULL DEFAULT 0;
-- Relocations go through the holds of an event in the order in which transactions lock them.
DROP INDEX hold_of_event;
CREATE INDEX hold_of_event ON hold (event_id, hold_id COLLATE "binary") WHERE state IN ('HELD', 'LOCKED', 'SOLD');
-- The relocations of events, also those that have ended: a late repeat of their steps must not begin them again.
-- reached: the last hold of the step that has been done. moved: how many taken seats have moved.
CREATE TABLE relocation (
    event_id TEXT NOT NULL,
    relocation_id TEXT NOT NULL,
    step TEXT NOT NULL,
    reached TEXT NOT NULL DEFAULT '',
    moved INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (event_id, relocation_id)
);
-- The seats of the plan to which a frozen event moves. They cannot stand in "seat" before the old ones are gone, because
-- two plans may use an id or a position with another meaning. from_seat_id: the taken seat that moves here; state, hold_id,
-- block_label, block_reason: what it takes along. block_label: NULL if no row of seat_block keeps it back.
CREATE TABLE staged_seat (
    event_id TEXT NOT NULL,
    seat_id TEXT NOT NULL,
    zone TEXT NOT NULL,
    row_name TEXT NOT NULL,
    number TEXT NOT NULL,
    category TEXT NOT NULL,
    row_index INTEGER NOT NULL,
    seat_index INTEGER NOT NULL,
    distance BIGINT NOT NULL,
    label TEXT NOT NULL,
    position INTEGER NOT NULL,
    accessible INTEGER NOT NULL,
    companion_of TEXT NOT NULL,
    from_seat_id TEXT NOT NULL,
    state TEXT NOT NULL,
    hold_id TEXT NOT NULL,
    block_label TEXT,
    block_reason TEXT,
    PRIMARY KEY (event_id, seat_id)
);
CREATE UNIQUE INDEX staged_seat_position ON staged_seat (event_id, position);
CREATE INDEX staged_seat_hold ON staged_seat (event_id, hold_id);
