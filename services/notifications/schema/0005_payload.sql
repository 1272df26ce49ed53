-- payload: the JSON that a notice's texts are made from. dedup_key: the id of the order, change or code that a notice is
-- about, the same for all its readers.
ALTER TABLE notification RENAME COLUMN cause TO payload;
ALTER TABLE notification RENAME COLUMN occasion TO dedup_key;
ALTER TABLE announcement RENAME COLUMN cause TO payload;
DROP INDEX notification_occasion;
CREATE INDEX notification_dedup_key ON notification (dedup_key, buyer_id);
