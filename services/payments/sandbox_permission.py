"""Decides whether the sandbox may stand in for a payment provider. A buyer who pays with it pays nothing."""

from services.kit.observe import Gauge
from services.kit.values import BadSetting, Settings

SANDBOX_IN_USE = Gauge(
    name="payments_sandbox", help="1 while the sandbox takes the payments: no money moves.", value=1.0
)


def check(settings: Settings) -> None:
    """Raises BadSetting if buyers can reach this installation and the operator has not allowed the sandbox."""
    if settings.sandbox == "no" or (settings.sandbox == "auto" and settings.public_url):
        raise BadSetting(
            "EVENTHUB_SANDBOX: there is no payment provider but the sandbox, which takes any card and moves no money; "
            "set 'yes' to take payments with it all the same"
        )


async def gauges() -> list[Gauge]:
    """One gauge that stays at 1: payments only starts with the sandbox."""
    return [SANDBOX_IN_USE]
