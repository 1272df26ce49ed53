-- When the ticket was revoked; its state says whether it had let its holder in before.
ALTER TABLE ticket ADD COLUMN revoked_us BIGINT;
