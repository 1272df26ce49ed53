-- The databases of this installation, and the keys that this context uses, each with a fingerprint. They tell a lost
-- file from one that never existed.
CREATE TABLE installation (name TEXT PRIMARY KEY);
CREATE TABLE key_fingerprint (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL);
