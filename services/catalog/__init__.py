"""catalog owns events, series, venues, seating plans, ticket types, online links, the half-price reserve, publishing
and the search.

It publishes an event only after inventory has all the seats and places of that event. It knows nothing about sales.
The half-price reserve (40 % of the places by law) is in half_price_reserve.py.
"""

from services.kit.values import Extras

EXTRAS = Extras(paths=("/plans/",), reads_behind=True)
