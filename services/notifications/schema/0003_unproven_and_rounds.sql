-- Mail to unproven addresses has limits. WITHHELD: the mail waits until the address is proven. mail_us: the mail does
-- not leave before this time. counted: whether the limits have counted it. The program alone knows the kinds.
CREATE TABLE notification_now (
    notification_id TEXT PRIMARY KEY,
    buyer_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    rank INTEGER NOT NULL,
    dedup_key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'WRITTEN')),
    mail TEXT NOT NULL DEFAULT 'PENDING' CHECK (mail IN ('PENDING', 'SENT', 'DROPPED', 'WITHHELD')),
    at_us BIGINT NOT NULL,
    written_us BIGINT,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_us BIGINT NOT NULL,
    mail_us BIGINT NOT NULL DEFAULT 0,
    counted INTEGER NOT NULL DEFAULT 0 CHECK (counted IN (0, 1)),
    CHECK ((state = 'WRITTEN') = (written_us IS NOT NULL)),
    CHECK (kind <> 'ACCESS_CODE' OR (text = '' AND buyer_id = ''))
);
INSERT INTO notification_now
    (notification_id, buyer_id, kind, rank, dedup_key, event_id, order_id, payload, subject, text, state, mail, at_us,
     written_us, tries, next_try_us)
SELECT notification_id, buyer_id, kind, rank, dedup_key, event_id, order_id, payload, subject, text, state, mail, at_us,
    written_us, tries, next_try_us
FROM notification;
DROP TABLE notification;
ALTER TABLE notification_now RENAME TO notification;
CREATE INDEX notification_recipient ON notification (buyer_id, written_us, notification_id);
CREATE INDEX notification_dedup_key ON notification (dedup_key, buyer_id);
CREATE INDEX notification_due ON notification (state, rank, next_try_us) WHERE mail = 'PENDING';
-- How many mails went to unproven addresses on a day, by mailbox (a keyed hash), by organizer, and by both.
CREATE TABLE mail_count (
    day INTEGER NOT NULL,
    counted_by TEXT NOT NULL,
    mails INTEGER NOT NULL,
    PRIMARY KEY (day, counted_by)
);
-- Whether the person's address is proven. It is set in the person's own row, whose subject_id and person_id are equal.
ALTER TABLE merged ADD COLUMN proven INTEGER NOT NULL DEFAULT 0;
-- Whether a payment provider took money for one of the holder's tickets.
ALTER TABLE ticket_holder ADD COLUMN paid INTEGER NOT NULL DEFAULT 0;
-- Changes of an event within some minutes are one round. Streams tell each change at once; one mail tells all of them,
-- at mail_us. closed: whether mail of the round may have left, so that a later change begins another round.
ALTER TABLE announcement ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE announcement ADD COLUMN mail_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE announcement ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;
