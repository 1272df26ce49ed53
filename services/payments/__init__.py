"""payments owns payments, their attempts and the ledger, and a sandbox provider to play with.

It promises to charge an order once at the most: an attempt is written down before the first byte leaves, everything is
asked under the order's own key, and what the provider did not answer is unknown until it has. It never takes silence
for a failure, never asks under a second key, and never sees a card number.
"""
