-- One row: the replica that runs this context's loops, and until when by this database's clock. Writes made under the
-- lease check its number.
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    holder TEXT NOT NULL,
    number BIGINT NOT NULL,
    until_us BIGINT NOT NULL
);
