-- How many tickets of the event one person may have over all orders; 0: no limit.
ALTER TABLE event_sale ADD COLUMN tickets_per_person_max INTEGER NOT NULL DEFAULT 0;
-- counted: 1 while an order has the hold and its tickets are counted for a person.
ALTER TABLE hold ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
-- The tickets of holds that orders pay for or have bought, by the keys of the person who gets them, of events that limit
-- them. The keys are identity's keyed hashes.
CREATE TABLE person_ticket (
    hold_id TEXT NOT NULL,
    person_key TEXT NOT NULL,
    event_id TEXT NOT NULL,
    tickets INTEGER NOT NULL,
    PRIMARY KEY (hold_id, person_key)
);
CREATE INDEX person_ticket_key ON person_ticket (person_key, event_id);
