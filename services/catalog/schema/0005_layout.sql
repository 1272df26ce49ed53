-- The layout of a plan for seat maps, compressed, in parts of base64. Plans that were imported before have none.
CREATE TABLE plan_layout (
    import_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    part TEXT NOT NULL,
    PRIMARY KEY (import_id, n)
);
-- A hash of the whole layout.
ALTER TABLE plan ADD COLUMN layout_hash TEXT NOT NULL DEFAULT '';
