-- The person behind each subject: the subject itself, or the person that a guest's session was merged into. Contexts that
-- follow identity's GuestMerged fill it.
CREATE TABLE subject_person (
    subject_id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL
);
CREATE INDEX subject_person_person ON subject_person (person_id);
