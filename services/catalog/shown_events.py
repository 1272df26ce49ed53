"""Events as their callers see them."""

from eventhub.catalog.v1 import catalog_pb2 as nouns
from services.catalog import convert
from services.catalog.events import Event
from services.catalog.series.series import Series
from services.catalog.ticket_types import showing
from services.kit.rpc import Caller


def shown_to(event: Event, caller: Caller, opened: frozenset[str] = frozenset()) -> nouns.Event:
    """An event for a caller, still without its organizer's profile. Members see everything of their own organizer's
    events; all other callers see what buyers see. opened: ids of ticket types that an access code of the caller opens.
    """
    if is_own(event, caller):
        return convert.event_pb(event, access_codes=True)
    return convert.event_pb(showing.for_buyers(event, opened))


def is_own(owned: Event | Series, caller: Caller) -> bool:
    """Whether a caller is a member of the organizer of an event or a series."""
    return caller.is_member and caller.organizer_id == owned.organizer_id
