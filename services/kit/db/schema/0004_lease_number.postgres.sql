-- Writes that check the number lock it FOR KEY SHARE. Since the number is a key, that lock stops a change of the number
-- only, and the replica can extend its lease meanwhile.
CREATE UNIQUE INDEX lease_number ON lease (number);
-- The row exists from the start, so the first replica takes the lease with the same UPDATE as all later ones.
INSERT INTO lease (one, holder, number, until_us) VALUES (1, '', 0, 0) ON CONFLICT (one) DO NOTHING;
