-- A session that was merged into an account still sees the orders it made.
CREATE INDEX customer_order_session ON customer_order (session_id, created_us, order_id);
