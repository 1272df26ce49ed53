"""Seating plans: reading files, storing plans, and the layouts of seat maps."""
