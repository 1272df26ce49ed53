-- A hold's places lie in its own row, [[ticket_type_id, seat_id, seat_label], ...]: they come and go with it, and are
-- never wanted alone. Dropping is possible here since no release has the table; after the first nothing is dropped.
ALTER TABLE hold ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
UPDATE hold SET places = p.all_of_it FROM (
    SELECT hold_id, json_agg(json_build_array(ticket_type_id, seat_id, seat_label) ORDER BY n)::text AS all_of_it
    FROM hold_place GROUP BY hold_id
) p WHERE hold.hold_id = p.hold_id;
DROP TABLE hold_place;
