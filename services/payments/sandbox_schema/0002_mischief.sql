-- One row: the sandbox's fault, shared by all replicas that call it. See Fault in services/payments/sandbox.py.
CREATE TABLE mischief (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    fault TEXT NOT NULL
);
