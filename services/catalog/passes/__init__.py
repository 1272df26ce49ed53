"""Passes: tickets of a series that admit to several of its nights."""
