-- As a key the number alone is kept from changing by who checks it (FOR KEY SHARE); the lease can still be made to last on.
CREATE UNIQUE INDEX lease_number ON lease (number);
-- There from the start, so that whoever comes first changes it like everybody after.
INSERT INTO lease (one, holder, number, until_us) VALUES (1, '', 0, 0) ON CONFLICT (one) DO NOTHING;
