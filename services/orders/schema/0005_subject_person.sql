-- Merges are in the kit's table, which all contexts share in form.
INSERT INTO subject_person (subject_id, person_id) SELECT from_subject_id, into_subject_id FROM guest_merge;
DROP TABLE guest_merge;
