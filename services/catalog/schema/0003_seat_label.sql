-- What people call a seat, if the plan has words of its own for it.
ALTER TABLE plan_seat ADD COLUMN label TEXT NOT NULL DEFAULT '';
