"""identity owns accounts, organizers and their members, gate devices, guests, tokens, keys and contact data.

It promises that nobody acts as somebody else and that a guest who comes back is known by what they proved. It never
lets contact data out in facts, tokens or logs, and keeps no secret that it can derive or hash.
"""
