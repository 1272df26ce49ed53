-- The rest of an organizer's public profile, which its members write and everyone may read.
ALTER TABLE organizer ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE organizer ADD COLUMN picture_url TEXT NOT NULL DEFAULT '';
ALTER TABLE organizer ADD COLUMN picture_alt TEXT NOT NULL DEFAULT '';
ALTER TABLE organizer ADD COLUMN email TEXT NOT NULL DEFAULT '';
ALTER TABLE organizer ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE organizer ADD COLUMN site TEXT NOT NULL DEFAULT '';
