"""Tools for work that a context does by itself.

For the author of a context: Runner finishes work that is recorded in a database, also after a crash; Breaker stops
calls to a service that keeps failing.
"""

from services.kit.work.breaker import JITTER, Breaker, BreakerOpen, Permit, State
from services.kit.work.runner import Runner

__all__ = ["JITTER", "Breaker", "BreakerOpen", "Permit", "Runner", "State"]
