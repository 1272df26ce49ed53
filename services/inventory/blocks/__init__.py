"""Blocked seats: those that the organizer keeps back."""
