"""Values that everything else is made of. This wing imports no other part of the kit, so decisions may use all of it.

For the author of a context: Clock and Ids (take them as arguments; tests replace them), from_timestamp() and
to_timestamp() for the contract's times, rfc3339() for times in texts, Money and total(), Cache for a bounded number of
values, Settings, Extras for a context that needs more than others, fingerprint() to tell whether two requests are the
same, keyed_hash() to compare values that are not stored, write_durably() for keys and other files that must survive a
crash, folded() for comparisons without case and accents, shard_of() for a row of background work, and failpoint() for a
place at which tests may break the process.

For programs: SystemClock, SystemIds, config, failpoints, and reference() for --help.
"""

from services.kit.values import config, failpoints
from services.kit.values.cache import Cache
from services.kit.values.clock import SECOND_US, Clock, SystemClock, from_timestamp, rfc3339, to_timestamp
from services.kit.values.config import BadSetting, Settings
from services.kit.values.extras import Extras
from services.kit.values.failpoints import failpoint
from services.kit.values.files import write_all_durably, write_durably
from services.kit.values.folding import folded
from services.kit.values.help_text import reference
from services.kit.values.ids import Ids, SystemIds
from services.kit.values.messages import fingerprint, keyed_hash
from services.kit.values.money import CURRENCIES, DECIMALS, MINOR_MAX, Money, total
from services.kit.values.shards import shard_of
from services.kit.values.version import VERSION

__all__ = [
    "CURRENCIES",
    "DECIMALS",
    "MINOR_MAX",
    "SECOND_US",
    "VERSION",
    "BadSetting",
    "Cache",
    "Clock",
    "Extras",
    "Ids",
    "Money",
    "Settings",
    "SystemClock",
    "SystemIds",
    "config",
    "failpoint",
    "failpoints",
    "fingerprint",
    "folded",
    "from_timestamp",
    "keyed_hash",
    "reference",
    "rfc3339",
    "shard_of",
    "to_timestamp",
    "total",
    "write_all_durably",
    "write_durably",
]
