-- The orders that have given a hold up, with a space between them: it is its owner's again, but a late lock by one of
-- them must not take it.
ALTER TABLE hold ADD COLUMN given_up_by TEXT NOT NULL DEFAULT '';
