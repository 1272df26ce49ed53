"""A mesh on this machine: PostgreSQL, and every context as a process of its own."""
