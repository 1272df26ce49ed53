-- A delivery of a paid order's confirmation waits a moment for the order's tickets. WAITING: until its next_try_us, the
-- delivery of the tickets may take it into its mail. JOINED: that delivery did, and ends it together with itself.
CREATE TABLE shared_delivery (
    notification_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'PENDING'
        CHECK (state IN ('WAITING', 'PENDING', 'JOINED', 'SENT', 'DROPPED', 'WITHHELD')),
    rank INTEGER NOT NULL,
    at_us BIGINT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_us BIGINT NOT NULL,
    counted INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1)),
    PRIMARY KEY (notification_id, channel)
);
INSERT INTO shared_delivery (notification_id, channel, state, rank, at_us, tries, next_try_us, counted)
SELECT notification_id, channel, state, rank, at_us, tries, next_try_us, counted FROM delivery;
DROP TABLE delivery;
ALTER TABLE shared_delivery RENAME TO delivery;
CREATE INDEX delivery_due ON delivery (channel, rank, next_try_us) WHERE state IN ('PENDING', 'WAITING');
