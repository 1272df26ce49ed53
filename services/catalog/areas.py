"""Areas: parts of an event's place without numbered seats. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from eventhub.refusal import Violation
from services.catalog import violations
from services.kit.values import folded

PLACES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Area:
    """A part of an event's place. area_id: unique within the event. capacity: how many places it has."""

    area_id: str
    name: str
    capacity: int


def wrong(areas: Sequence[Area]) -> dict[str, Violation]:
    """The violations of an event's areas: two of them have one id, or one name."""
    for values in ([area.area_id for area in areas], [folded(area.name) for area in areas]):
        if len(set(values)) < len(values):
            return {"areas": violations.AREAS_DIFFER}
    return {}


def places_in(areas: Iterable[Area]) -> int:
    """The places of some areas."""
    return sum(area.capacity for area in areas)


def capacity(given: int, places: int) -> int:
    """The capacity of an event whose seats and areas have so many places. Raises InvalidRequest if the organizer gave
    another one, or if it has too many places."""
    violations.refuse({"areas": violations.places_max(PLACES_MAX)} if places > PLACES_MAX else {})
    violations.refuse({"capacity": violations.places(places)} if given not in (0, places) else {})
    return places


def resized(areas: Sequence[Area], area_id: str, places: int) -> tuple[Area, ...]:
    """The areas, of which one has another number of places. Raises InvalidRequest if it is not among them, or would
    have no places."""
    violations.refuse({} if area_named(areas, area_id) else {"area_id": violations.UNKNOWN_AREA})
    violations.refuse({} if places else {"capacity": violations.CAPACITY})
    return tuple(replace(area, capacity=places) if area.area_id == area_id else area for area in areas)


def area_named(areas: Sequence[Area], area_id: str) -> Area | None:
    """The area with an id; None if there is none."""
    return next((area for area in areas if area.area_id == area_id), None)
