-- position: of a seat in the plan's order of seats, counted from 0. Seats written before get one in the order of their
-- rows. plan_id, plan_seats: the seating plan whose order this is, and the number of its seats; empty and 0 for events
-- without numbered seats, and for those written before.
ALTER TABLE seat ADD COLUMN position INTEGER NOT NULL DEFAULT 0;
UPDATE seat SET position = numbered.n FROM (
    SELECT event_id, seat_id,
        row_number() OVER (PARTITION BY event_id ORDER BY row_index, seat_index, seat_id) - 1 AS n
    FROM seat
) numbered WHERE seat.event_id = numbered.event_id AND seat.seat_id = numbered.seat_id;
CREATE UNIQUE INDEX seat_position ON seat (event_id, position);
ALTER TABLE event_sale ADD COLUMN plan_id TEXT NOT NULL DEFAULT '';
ALTER TABLE event_sale ADD COLUMN plan_seats INTEGER NOT NULL DEFAULT 0;
