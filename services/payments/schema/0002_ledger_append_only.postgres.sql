-- What is booked stays booked.
CREATE FUNCTION keep_what_is_booked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append only'; END $$;
CREATE TRIGGER ledger_line_kept BEFORE UPDATE OR DELETE ON ledger_line
FOR EACH ROW EXECUTE FUNCTION keep_what_is_booked();
