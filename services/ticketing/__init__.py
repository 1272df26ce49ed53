"""ticketing owns tickets, their signed codes, check-ins and online links.

It promises to issue one ticket for each line of a paid order, however often it hears of the order, and to let one
person in with each ticket, once. It stores neither codes nor links, but makes them on demand from the ticket and a key.
It stores no prices, but passes a paid order on with its tickets. It knows no personal data.
"""

from services.kit.values import Extras

EXTRAS = Extras(keys=True, paths=("/join/",))
