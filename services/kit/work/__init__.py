"""Tools for work that a context does by itself.

For the author of a context: Runner finishes work that is recorded in a database, also after a crash, and
undivided() makes it the work of one replica. Breaker stops calls to a service that keeps failing.
"""

from services.kit.work.breaker import JITTER, Breaker, BreakerOpen, Permit, State
from services.kit.work.runner import DueKey, Runner, undivided

__all__ = ["JITTER", "Breaker", "BreakerOpen", "DueKey", "Permit", "Runner", "State", "undivided"]
