-- The places of a hold move into its own row as [[ticket_type_id, seat_id, seat_label], ...], because they are always
-- read and written with it. The old table can be dropped because no release has it; after the first release nothing is.
ALTER TABLE hold ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
UPDATE hold SET places = (
    SELECT json_group_array(json_array(p.ticket_type_id, p.seat_id, p.seat_label)) FROM (
        SELECT ticket_type_id, seat_id, seat_label FROM hold_place WHERE hold_id = hold.hold_id ORDER BY n
    ) p
);
DROP TABLE hold_place;
