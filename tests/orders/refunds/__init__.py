"""Orders that are given back."""
