"""Waiting lists: people wait for ticket types that are sold out, and free places are offered to them first."""
