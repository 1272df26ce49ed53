"""Relocations: events that move to another venue and seating plan while their tickets are sold."""
