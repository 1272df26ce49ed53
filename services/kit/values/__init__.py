"""Values that everything is made of: time, ids, money, settings, addresses. Knows nothing else of the kit."""

from services.kit.values import config, failpoints
from services.kit.values.clock import SECOND_US, Clock, SystemClock, from_timestamp, to_timestamp
from services.kit.values.config import BadSetting, Settings
from services.kit.values.failpoints import failpoint
from services.kit.values.folding import folded
from services.kit.values.ids import Ids, SystemIds
from services.kit.values.money import CURRENCIES, DECIMALS, MINOR_MAX, Money, total
from services.kit.values.version import VERSION

__all__ = [
    "CURRENCIES",
    "DECIMALS",
    "MINOR_MAX",
    "SECOND_US",
    "VERSION",
    "BadSetting",
    "Clock",
    "Ids",
    "Money",
    "Settings",
    "SystemClock",
    "SystemIds",
    "config",
    "failpoint",
    "failpoints",
    "folded",
    "from_timestamp",
    "to_timestamp",
    "total",
]
