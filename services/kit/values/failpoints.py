"""Named places at which a test can break the process: before and after every commit and every call to another context.

The kit calls failpoint() at those places itself, so a context cannot forget one. Examples of names:
"inventory.place_hold.before", "inventory.place_hold.after", "orders>inventory.LockHold.before",
"orders>inventory.LockHold.after".
"""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from eventhub import contract

SERVICES = Path(__file__).parents[2]
ACTIONS = ("kill", "raise")
PLACES = ("before", "after", "before_send", "after_answer")


class Broken(Exception):
    """Raised by an armed failpoint. Code must not catch it by name: it stands for a bug that the code does not
    expect."""


@dataclass(slots=True)
class Armed:
    """An armed failpoint.

    action: "kill" or "raise". passes_left: the action happens when this reaches 0; it drops by one at each pass.
    """

    action: str
    passes_left: int


_armed: dict[str, Armed] = {}


def arm(spec: str) -> None:
    """Arms failpoints, and disarms all others.

    spec: "name=action" or "name=action@pass", separated by ";". The action "kill" ends the process as kill -9 does,
    "raise" raises Broken. Example: "orders.place_order.after=kill@3". Raises ValueError for an unknown action.
    """
    armed = parsed(spec)
    _armed.clear()
    _armed.update(armed)


def parsed(spec: str) -> dict[str, Armed]:
    """Parses a spec, see arm(). Raises ValueError."""
    found = {}
    for part in filter(None, spec.split(";")):
        name, _, what = part.partition("=")
        action, _, passes = what.partition("@")
        if action not in ACTIONS or not (passes or "1").isdigit():
            raise ValueError(
                f"failpoint {name}: {what} is none of {', '.join(ACTIONS)}, with @ and a number or without"
            )
        found[name.strip()] = Armed(action, int(passes or 1))
    return found


def check(spec: str) -> None:
    """Checks that a spec names failpoints that exist. Raises ValueError."""
    odd = [name for name in parsed(spec) if not exists(name)]
    if odd:
        raise ValueError(f"no failpoint of the name {', '.join(odd)}")


def exists(name: str) -> bool:
    """Whether the platform's code has this failpoint: it names an RPC, or a function that runs in a transaction."""
    *path, place = name.split(".")
    if place not in PLACES:
        return False
    if ">" in name:
        called = name.partition(">")[2].removesuffix(f".{place}")
        return called in {f"{rpc.context}.{rpc.name}" for rpc in contract.by_path().values()}
    folders = [folder for folder in (SERVICES / path[0], SERVICES / "kit", SERVICES / "payments") if folder.is_dir()]
    sources = (source.read_text() for folder in folders for source in folder.rglob("*.py"))
    return len(path) > 1 and any(f"def {path[-1]}(" in source for source in sources)


def failpoint(name: str) -> None:
    """Marks a place with this name. Does nothing unless a test has armed it."""
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
