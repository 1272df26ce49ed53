-- SQLite's name for the order of bytes, which is also Python's. A database may have a language's order instead.
CREATE COLLATION IF NOT EXISTS "binary" FROM "C";
