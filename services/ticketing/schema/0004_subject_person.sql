-- Merges are in the kit's table, which all contexts share in form.
INSERT INTO subject_person (subject_id, person_id) SELECT subject_id, person_id FROM holder;
DROP TABLE holder;
