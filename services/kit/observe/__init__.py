"""What operators see: log lines, metrics, traces."""

from services.kit.observe import log, tracing
from services.kit.observe.metrics import Reading

__all__ = ["Reading", "log", "tracing"]
