"""Events as their callers see them."""

from collections.abc import Sequence

from eventhub.catalog.v1 import catalog_pb2 as nouns
from services.catalog import convert
from services.catalog.events import Event
from services.catalog.neighbours import Organizers
from services.catalog.ticket_types import showing
from services.kit.rpc import Caller


class ShownEvents:
    """Makes the contract's messages of events, with their organizers' names. Members see everything of their own
    organizer's events; all other callers see what buyers see."""

    def __init__(self, organizers: Organizers) -> None:
        self._organizers = organizers

    async def one(self, event: Event, caller: Caller, opened: frozenset[str] = frozenset()) -> nouns.Event:
        """An event for a caller. opened: ids of ticket types that an access code of the caller opens."""
        (shown,) = await self._named([shown_to(event, caller, opened)])
        return shown

    async def many(self, events: Sequence[Event], caller: Caller) -> list[nouns.Event]:
        """Several events for a caller."""
        return await self._named([shown_to(event, caller) for event in events])

    async def _named(self, shown: list[nouns.Event]) -> list[nouns.Event]:
        await self._organizers.name(shown)
        return shown


def shown_to(event: Event, caller: Caller, opened: frozenset[str] = frozenset()) -> nouns.Event:
    """An event for a caller, still without its organizer's name."""
    if is_own(event, caller):
        return convert.event_pb(event, access_codes=True)
    return convert.event_pb(showing.for_buyers(event, opened))


def is_own(event: Event, caller: Caller) -> bool:
    """Whether a caller is a member of an event's organizer."""
    return caller.is_member and caller.organizer_id == event.organizer_id
