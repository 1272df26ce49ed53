-- How people call a seat, if the plan has words of its own for it; otherwise empty.
ALTER TABLE seat ADD COLUMN label TEXT NOT NULL DEFAULT '';
