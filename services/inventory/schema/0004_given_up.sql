-- The orders that have given a hold up, separated by spaces. The hold is its owner's again, and a late lock by one of
-- these orders must not take it.
ALTER TABLE hold ADD COLUMN given_up_by TEXT NOT NULL DEFAULT '';
