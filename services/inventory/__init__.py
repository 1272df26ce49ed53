"""inventory owns the state of every seat and place: free, held, sold or blocked.

It promises that no seat or place is sold twice, and that a hold lapses as a whole or not at all. It knows no prices.
"""

from services.kit.values import Extras

EXTRAS = Extras(own_cluster=True, reads_behind=True)  # a rush writes here for every place
