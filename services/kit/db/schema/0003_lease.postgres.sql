-- One row: which replica runs this context's loops, and until when by this database's clock. The number is the fence.
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    holder TEXT NOT NULL,
    number BIGINT NOT NULL,
    until_us BIGINT NOT NULL
);
