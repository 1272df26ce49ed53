-- The entries that wait for more tickets than they can have by now are counted out of their lists.
CREATE INDEX waiting_entry_quantity ON waiting_entry (ticket_type_id, quantity) WHERE state = 'WAITING';
