"""reporting sums up the other contexts' facts: sales, coupons, occupancy, admissions.

Its numbers follow only from the facts, so its database can be deleted and rebuilt from the feeds. It owns no data,
publishes no facts, and never decides about sales.
"""

from services.kit.values import Extras

EXTRAS = Extras(reads_behind=True)
