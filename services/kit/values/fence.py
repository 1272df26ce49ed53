"""The lease of the current work. Leaders set it, work that is started inherits it, and databases check it."""

from contextvars import ContextVar

# (database name, lease number). That database refuses writes with an old number.
fence: ContextVar[tuple[str, int]] = ContextVar("fence", default=("", 0))
