-- A delivery is a notice on its way to its reader by one channel, such as e-mail. It exists once the notice has its text.
-- rank: lower ranks are sent first. at_us: when it became due. WITHHELD: it waits until the reader's address is proven.
-- counted: whether the limits of unproven addresses have counted it.
CREATE TABLE delivery (
    notification_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'SENT', 'DROPPED', 'WITHHELD')),
    rank INTEGER NOT NULL,
    at_us BIGINT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_us BIGINT NOT NULL,
    counted INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1)),
    PRIMARY KEY (notification_id, channel)
);
-- An access code has no text that is stored, so it counts as written from the beginning.
UPDATE notification SET state = 'WRITTEN', written_us = at_us WHERE kind = 'ACCESS_CODE' AND state = 'PENDING';
INSERT INTO delivery (notification_id, channel, state, rank, at_us, tries, next_try_us, counted)
SELECT notification_id, 'EMAIL', mail, rank, CASE WHEN mail_us > at_us THEN mail_us ELSE at_us END, tries, next_try_us,
    counted
FROM notification WHERE state = 'WRITTEN';
CREATE INDEX delivery_due ON delivery (channel, rank, next_try_us) WHERE state = 'PENDING';
-- From here on, tries and next_try_us of a notice are those of writing its text. The columns can be dropped because no
-- release has them; after the first release nothing is.
DROP INDEX notification_due;
ALTER TABLE notification DROP COLUMN mail;
ALTER TABLE notification DROP COLUMN counted;
CREATE INDEX notification_due ON notification (rank, next_try_us) WHERE state = 'PENDING';
-- deliver_us: deliveries do not leave before this time. Announcements of an event with the same deliver_us are a round.
ALTER TABLE notification RENAME COLUMN mail_us TO deliver_us;
ALTER TABLE announcement RENAME COLUMN mail_us TO deliver_us;
