-- The places of a hold move into its own row as [[ticket_type_id, seat_id, seat_label], ...], because they are always
-- read and written with it. The old table can be dropped because no release has it; after the first release nothing is.
ALTER TABLE hold ADD COLUMN places TEXT NOT NULL DEFAULT '[]';
UPDATE hold SET places = p.all_of_it FROM (
    SELECT hold_id, json_agg(json_build_array(ticket_type_id, seat_id, seat_label) ORDER BY n)::text AS all_of_it
    FROM hold_place GROUP BY hold_id
) p WHERE hold.hold_id = p.hold_id;
DROP TABLE hold_place;
