-- How many numbered seats of an event are in each state, by category. A count is the sum over its parts: each change
-- adds to one of them, so that buyers in one category seldom wait for each other. A part by itself may be negative.
CREATE TABLE seat_count (
    event_id TEXT NOT NULL,
    category TEXT NOT NULL,
    part INTEGER NOT NULL,
    free BIGINT NOT NULL,
    held BIGINT NOT NULL,
    sold BIGINT NOT NULL,
    blocked BIGINT NOT NULL,
    PRIMARY KEY (event_id, category, part)
);
INSERT INTO seat_count (event_id, category, part, free, held, sold, blocked)
SELECT event_id, category, 0, sum(CASE WHEN state = 'FREE' THEN 1 ELSE 0 END),
    sum(CASE WHEN state = 'HELD' THEN 1 ELSE 0 END), sum(CASE WHEN state = 'SOLD' THEN 1 ELSE 0 END),
    sum(CASE WHEN state = 'BLOCKED' THEN 1 ELSE 0 END)
FROM seat GROUP BY event_id, category;
