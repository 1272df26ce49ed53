"""Orders that are given back, whole or in part."""
