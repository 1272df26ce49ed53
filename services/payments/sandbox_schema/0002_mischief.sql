-- One row: how the sandbox misbehaves, for all replicas that speak with it. See services/payments/sandbox.py.
CREATE TABLE mischief (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    fault TEXT NOT NULL
);
