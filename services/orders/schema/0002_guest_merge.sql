-- Guest sessions that turned out to be a known person: an order that such a session still makes belongs to the person.
CREATE TABLE guest_merge (
    from_subject_id TEXT PRIMARY KEY,
    into_subject_id TEXT NOT NULL
);
