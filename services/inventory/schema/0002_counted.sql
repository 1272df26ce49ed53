-- One row: up to which position of the outbox seats have been counted and the counts told.
CREATE TABLE counted (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    pos BIGINT NOT NULL
);
INSERT INTO counted (one, pos) VALUES (1, 0);
