"""Passes: tickets of a series that take a place in each of several nights."""
