"""Series: shows on several nights, each of which is an event."""
