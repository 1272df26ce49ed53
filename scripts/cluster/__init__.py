"""A mesh on this machine: PostgreSQL, and each context as a separate process."""
