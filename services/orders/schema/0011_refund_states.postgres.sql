-- The states of orders of which something was given back. They have been paid, too.
ALTER TABLE customer_order DROP CONSTRAINT customer_order_state_check;
ALTER TABLE customer_order ADD CONSTRAINT customer_order_state_check CHECK (
    state IN ('PENDING', 'PAYMENT_PENDING', 'PAID', 'FAILED', 'REFUNDING', 'PART_REFUNDED', 'REFUNDED', 'REFUND_MANUAL', 'DISPUTED')
);
ALTER TABLE customer_order DROP CONSTRAINT customer_order_check1;
ALTER TABLE customer_order ADD CONSTRAINT customer_order_check1 CHECK (
    (state IN ('PENDING', 'PAYMENT_PENDING', 'FAILED')) = (paid_us IS NULL)
);
ALTER TABLE customer_order ADD CONSTRAINT customer_order_refunded CHECK (refunded_minor BETWEEN 0 AND total_minor);
