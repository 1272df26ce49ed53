-- Whether the guest is known to have an order. Guests without one are deleted after a month.
ALTER TABLE guest ADD COLUMN bought INTEGER NOT NULL DEFAULT 0;
CREATE INDEX guest_idle ON guest (at_us, guest_id) WHERE verified = 0 AND bought = 0;
