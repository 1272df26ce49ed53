-- number: short, for people; orders from before have none. sold_by: the member at the counter, empty elsewhere.
ALTER TABLE purchase ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE purchase ADD COLUMN sold_by TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX purchase_number ON purchase (number) WHERE number <> '';
