-- Notices to people. payload: JSON that the text is made from, without personal data. dedup_key: the id of the order, change or
-- code that a notice is about, the same for all its readers. rank: lower ranks are sent first.
CREATE TABLE notification (
    notification_id TEXT PRIMARY KEY,
    buyer_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (
        kind IN ('ACCESS_CODE', 'ORDER_PAID', 'PAYMENT_PENDING', 'ORDER_FAILED', 'TICKETS', 'EVENT_RESCHEDULED')
    ),
    rank INTEGER NOT NULL,
    dedup_key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING', 'WRITTEN')),
    mail TEXT NOT NULL DEFAULT 'PENDING' CHECK (mail IN ('PENDING', 'SENT', 'DROPPED')),
    at_us BIGINT NOT NULL,
    written_us BIGINT,
    tries INTEGER NOT NULL DEFAULT 0,
    next_try_us BIGINT NOT NULL,
    CHECK ((state = 'WRITTEN') = (written_us IS NOT NULL)),
    CHECK (kind <> 'ACCESS_CODE' OR (text = '' AND buyer_id = ''))
);
CREATE INDEX notification_recipient ON notification (buyer_id, written_us, notification_id);
CREATE INDEX notification_dedup_key ON notification (dedup_key, buyer_id);
CREATE INDEX notification_due ON notification (state, rank, next_try_us) WHERE mail = 'PENDING';
-- The people who hold tickets of an event.
CREATE TABLE ticket_holder (
    event_id TEXT NOT NULL,
    buyer_id TEXT NOT NULL,
    PRIMARY KEY (event_id, buyer_id)
);
CREATE INDEX ticket_holder_holder ON ticket_holder (buyer_id);
-- Messages to all holders of an event, told page by page. after_buyer_id: the last holder whose notice was made.
CREATE TABLE announcement (
    announcement_id TEXT PRIMARY KEY,
    event_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    after_buyer_id TEXT NOT NULL DEFAULT '',
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    at_us BIGINT NOT NULL
);
CREATE INDEX announcement_due ON announcement (at_us, announcement_id) WHERE done = 0;
CREATE INDEX announcement_event ON announcement (event_id, at_us);
-- The person that each guest session was merged into.
CREATE TABLE merged (
    subject_id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL
);
CREATE INDEX merged_person ON merged (person_id);
