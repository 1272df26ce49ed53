"""Changes of events. Pure."""

from dataclasses import dataclass

from services.catalog.events import Event


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a published event that inventory is being told of. number: of the provision that tells it. wanted:
    the event after the change."""

    number: int
    wanted: Event


@dataclass(frozen=True, slots=True)
class Begun:
    """A change to be completed. own: whether the caller asked for it; otherwise it was found."""

    change: Change
    own: bool
