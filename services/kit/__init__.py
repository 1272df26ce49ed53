"""The kit: everything that all contexts need and none owns. It knows nothing about tickets.

It has eight wings: values, language, observe, db, work, rpc, feeds and process. Each imports only those before it. A
context imports a wing by its face (`from services.kit.db import Tx`), whose docstring says what the wing offers.
"""
