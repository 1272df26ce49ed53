-- A seat's name for people, if the plan has labels for it. If empty, the name is zone, row and number.
ALTER TABLE plan_seat ADD COLUMN label TEXT NOT NULL DEFAULT '';
