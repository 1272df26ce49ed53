-- What happens if a buyer leaves a single seat alone, numbered as in the contract; 0: nothing.
ALTER TABLE event ADD COLUMN orphan_rule INTEGER NOT NULL DEFAULT 0;
