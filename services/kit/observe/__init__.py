"""What operators see: log lines, metrics, traces."""

from services.kit.observe import log, tracing
from services.kit.observe.metrics import Gauge

__all__ = ["Gauge", "log", "tracing"]
