-- A session that turned out to be a person goes on seeing what it bought.
CREATE INDEX purchase_held_by ON purchase (held_by, created_us, order_id);
