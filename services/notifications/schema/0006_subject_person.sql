-- Merges are in the kit's table, which all contexts share in form.
INSERT INTO subject_person (subject_id, person_id) SELECT subject_id, person_id FROM merged;
-- The people whose address is proven.
CREATE TABLE proven_person (person_id TEXT PRIMARY KEY);
INSERT INTO proven_person (person_id) SELECT subject_id FROM merged WHERE proven = 1;
DROP TABLE merged;
