-- How many tickets of the event one person may have over all orders; 0: no limit.
ALTER TABLE event ADD COLUMN tickets_per_person_max INTEGER NOT NULL DEFAULT 0;
