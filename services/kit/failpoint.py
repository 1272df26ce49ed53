"""Named places where a test can break the process: before and after every commit and every call to a neighbour.

The kit calls failpoint() at those places itself, so no context can forget one. Names: "inventory.place_hold.before",
"inventory.place_hold.after", "orders>inventory.LockHold.before", "orders>inventory.LockHold.after".
"""

import os
import signal
from dataclasses import dataclass

ACTIONS = ("kill", "raise")


class Broken(Exception):
    """An armed failpoint was passed. Nobody catches it by name: it stands for a mistake nobody thought of."""


@dataclass(slots=True)
class Armed:
    """What happens at a failpoint, at which pass of it."""

    action: str
    passes_left: int


_armed: dict[str, Armed] = {}


def arm(spec: str) -> None:
    """Arms failpoints: "name=action" or "name=action@pass", separated by ";". kill ends the process as kill -9 does,
    raise raises Broken. An empty spec disarms all. Raises ValueError for an unknown action."""
    _armed.clear()
    for part in filter(None, spec.split(";")):
        name, _, what = part.partition("=")
        action, _, passes = what.partition("@")
        if action not in ACTIONS:
            raise ValueError(f"failpoint {name}: {action} is none of {ACTIONS}")
        _armed[name.strip()] = Armed(action, int(passes or 1))


def failpoint(name: str) -> None:
    """Does what is armed here; nothing otherwise."""
    if not _armed:
        return
    armed = _armed.get(name)
    if armed is None:
        return
    armed.passes_left -= 1
    if armed.passes_left != 0:
        return
    if armed.action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise Broken(name)
