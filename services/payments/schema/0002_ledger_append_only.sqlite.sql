-- What is booked stays booked.
CREATE TRIGGER ledger_line_kept BEFORE UPDATE ON ledger_line BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER ledger_line_stays BEFORE DELETE ON ledger_line BEGIN SELECT raise(ABORT, 'append only'); END;
