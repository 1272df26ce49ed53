"""Ticket types: adding, changing, archiving and showing them, before and after their event is published."""
