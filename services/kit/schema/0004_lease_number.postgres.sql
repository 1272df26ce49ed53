-- As a key the number alone is kept from changing by who checks it (FOR KEY SHARE); the lease can still be made to last on.
CREATE UNIQUE INDEX lease_number ON lease (number);
