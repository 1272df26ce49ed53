"""payments owns payments, their attempts, the tills of counters and the ledger, and runs a sandbox provider for trying
EventHub out.

It promises to charge an order at most once. It writes an attempt down before the first byte leaves, uses the order's
own key for every request to the provider, and treats a payment as unknown until the provider has answered. It never
takes silence for a failure, never retries under a second key, and never sees a card number.
"""
