-- A session that turned out to be a person goes on seeing what it bought.
CREATE INDEX purchase_session ON purchase (session_id, created_us, order_id);
