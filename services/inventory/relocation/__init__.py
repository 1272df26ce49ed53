"""Relocations: the seats of an event move to another plan, with everything that is held, sold or blocked."""
