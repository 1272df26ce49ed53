-- A hold's places lie in its own row, [[ticket_type_id, seat_id, seat_label], ...]: they come and go with it, and are
-- never wanted alone. Dropping is possible here since no release has the table; after the first nothing is dropped.
ALTER TABLE hold ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
UPDATE hold SET places = (
    SELECT json_group_array(json_array(p.ticket_type_id, p.seat_id, p.seat_label)) FROM (
        SELECT ticket_type_id, seat_id, seat_label FROM hold_place WHERE hold_id = hold.hold_id ORDER BY n
    ) p
);
DROP TABLE hold_place;
