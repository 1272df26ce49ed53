"""Moving an event to another plan."""
