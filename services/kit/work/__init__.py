"""Tools for work that a context does by itself.

For the author of a context: Runner finishes work that is recorded in a database, also after a crash; Breaker stops
calls to a service that keeps failing; Answers keeps another context's answers for a few seconds, and asks once for many
callers; Cache keeps a bounded number of values.
"""

from services.kit.work.answers import KEPT_MAX, Answers
from services.kit.work.breaker import JITTER, Breaker, BreakerOpen, Permit, State
from services.kit.work.cache import Cache
from services.kit.work.runner import Runner

__all__ = ["JITTER", "KEPT_MAX", "Answers", "Breaker", "BreakerOpen", "Cache", "Permit", "Runner", "State"]
