"""Changes of an event, and how several of them become one message to a ticket holder. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from services.kit.values import SECOND_US

# The fields of the contract's Event that a ticket holder needs to know, in the order in which they are told. Holders
# are told of no other change.
TOLD = (
    "title",
    "starts_local",
    "time_zone",
    "doors_open_at",
    "doors_close_at",
    "ends_at",
    "venue",
    "online_url",
    "age_rating",
    "contact",
    "description",
)
# Of this change no values are told. The texts would be too long for a message.
TOO_LONG = "description"
UNSHOWN = ("", "")
# A change of an event that begins so soon is told at once.
SOON_US = 3_600 * SECOND_US

# The value before and the value after a change. Both are empty if the values are not shown.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an event.

    version: the event's after the change.
    payload: JSON of the event after the change, as texts use it ("event"), and a Pair of each field ("changes").
    at_us: when this context learned of it. A person who holds tickets since then, or longer, is told of it.
    """

    change_id: str
    event_id: str
    version: int
    payload: str
    at_us: int


def joined(changes: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, Pair]:
    """Several changes as one, oldest first: each field's value before the first change and after the last. A field that
    is back at its first value is left out."""
    mentions: dict[str, list[Pair]] = {}
    for change in changes:
        for field, (before, after) in change.items():
            mentions.setdefault(field, []).append((before, after))
    ends = {field: (pairs[0][0], pairs[-1][1]) for field, pairs in mentions.items()}
    return {
        field: (before, after)
        for field, (before, after) in ends.items()
        if before != after or set(mentions[field]) == {UNSHOWN}
    }


def merged(first: Change, second: Change) -> Change:
    """Two changes as one, which has happened at the time of the second."""
    before, after = json.loads(first.payload), json.loads(second.payload)
    payload = {**after, "changes": joined((before["changes"], after["changes"]))}
    return replace(second, change_id=first.change_id, payload=json.dumps(payload))


def told(changes: Sequence[Change]) -> str | None:
    """The payload of a message about changes, oldest first; None if there is nothing to tell."""
    payloads = [json.loads(change.payload) for change in changes]
    left = joined(payload["changes"] for payload in payloads)
    if not left:
        return None
    shown = {field: UNSHOWN if field == TOO_LONG else pair for field, pair in left.items()}
    return json.dumps({"event": payloads[-1]["event"], "changes": shown})


def concerns_holders(change: Change, *, ends_us: int, now_us: int) -> bool:
    """Whether ticket holders are told of a change. ends_us: the end of the event; 0 if it is not known."""
    return bool(json.loads(change.payload)["changes"]) and not 0 < ends_us <= now_us


def due_us(change: Change, *, wait_us: int, now_us: int) -> int:
    """When holders are told of a change: after the time in which further changes are gathered, or at once if the event
    begins within the hour, at its time before the change or after it."""
    payload = json.loads(change.payload)
    event, changes = payload["event"], payload["changes"]
    starts_local, time_zone = event["starts_local"], event["time_zone"]
    before = changes.get("starts_local", (starts_local,))[0], changes.get("time_zone", (time_zone,))[0]
    starts_us = min(instant_us(*before), instant_us(starts_local, time_zone))
    return now_us if starts_us <= now_us + SOON_US else now_us + wait_us


def instant_us(local: str, time_zone: str) -> int:
    """The instant of a local time, in microseconds since 1970."""
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(time_zone)).timestamp()) * SECOND_US
