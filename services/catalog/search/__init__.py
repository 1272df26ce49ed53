"""Search: how buyers find events."""
