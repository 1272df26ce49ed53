-- Ledger lines are never changed or deleted.
CREATE TRIGGER ledger_line_no_update BEFORE UPDATE ON ledger_line BEGIN SELECT raise(ABORT, 'append only'); END;
CREATE TRIGGER ledger_line_no_delete BEFORE DELETE ON ledger_line BEGIN SELECT raise(ABORT, 'append only'); END;
