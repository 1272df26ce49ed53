-- Whether the guest is known to have made an order; those who have not are forgotten one day.
ALTER TABLE guest ADD COLUMN bought INTEGER NOT NULL DEFAULT 0;
CREATE INDEX guest_idle ON guest (at_us, guest_id) WHERE verified = 0 AND bought = 0;
