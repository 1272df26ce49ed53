"""Whether the sandbox may take the place of a provider: whoever pays with it pays nothing."""

from services.kit.observe import Gauge
from services.kit.values import BadSetting, Settings

SANDBOX_IN_USE = Gauge("payments_sandbox", "1 while the sandbox takes the payments: no money moves.", 1.0)


def check(settings: Settings) -> None:
    """Raises BadSetting where people would pay and no money would move."""
    if settings.sandbox == "no" or (settings.sandbox == "auto" and settings.public_url):
        raise BadSetting(
            "EVENTHUB_SANDBOX: there is no payment provider but the sandbox, which takes any card and no money; "
            "'yes' has it take payments all the same"
        )


async def gauges() -> list[Gauge]:
    """That the sandbox is in use."""
    return [SANDBOX_IN_USE]
