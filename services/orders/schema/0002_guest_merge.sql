-- Guest sessions that were merged into an account. Orders that such a session makes later belong to the account.
CREATE TABLE guest_merge (
    from_subject_id TEXT PRIMARY KEY,
    into_subject_id TEXT NOT NULL
);
