"""Logs, metrics and traces for operators. Nothing here may contain personal data.

For the author of a context: log.get(name) is a structured logger, log.error_location() describes an error without its
text, Gauge is a figure that a context reports every few seconds, and tracing passes the trace from a call to its facts.
"""

from services.kit.observe import log, tracing
from services.kit.observe.metrics import Gauge

__all__ = ["Gauge", "log", "tracing"]
