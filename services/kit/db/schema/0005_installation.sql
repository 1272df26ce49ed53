-- What this installation has, to tell what was lost from what is new: the names of its databases, and of the keys that
-- this context uses, each with a fingerprint.
CREATE TABLE installation (name TEXT PRIMARY KEY);
CREATE TABLE key_fingerprint (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL);
