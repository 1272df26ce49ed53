-- package_size: how many tickets of a type are sold together for its price; 0: each by itself.
ALTER TABLE ticket_type ADD COLUMN package_size INTEGER NOT NULL DEFAULT 0;
