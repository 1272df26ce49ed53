"""Work that must be done whatever happens: runners, circuit breakers, and what may be remembered for a while."""

from services.kit.work.breaker import JITTER, Breaker, BreakerOpen, Permit, State
from services.kit.work.runner import Runner
from services.kit.work.ttl_cache import KEPT_MAX, TtlCache

__all__ = ["JITTER", "KEPT_MAX", "Breaker", "BreakerOpen", "Permit", "Runner", "State", "TtlCache"]
