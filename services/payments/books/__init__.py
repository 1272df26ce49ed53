"""Statements and payouts, from the ledger."""
