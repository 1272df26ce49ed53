"""catalog owns events, venues, seating plans, ticket types, online settings and what is published.

It promises that an event is only on once everything it sells is in stock. It never knows what is sold.
"""
