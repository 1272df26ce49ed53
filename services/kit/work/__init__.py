"""Tools for work that a context does by itself.

For the author of a context: Runner finishes work that is recorded in a database, also after a crash; Breaker stops
calls to a service that keeps failing; TtlCache keeps another context's answers for a few seconds.
"""

from services.kit.work.breaker import JITTER, Breaker, BreakerOpen, Permit, State
from services.kit.work.runner import Runner
from services.kit.work.ttl_cache import KEPT_MAX, TtlCache

__all__ = ["JITTER", "KEPT_MAX", "Breaker", "BreakerOpen", "Permit", "Runner", "State", "TtlCache"]
