-- One row: the position in the outbox up to which seats have been counted and the counts announced.
CREATE TABLE counted (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    pos BIGINT NOT NULL
);
INSERT INTO counted (one, pos) VALUES (1, 0);
