"""Changes of passes. Pure."""

from dataclasses import replace

from eventhub.refusals import NightNotForPass, TicketTypeNotFound
from services.catalog.events import check_not_over
from services.catalog.passes.passes import Offer, Pass, event_of
from services.catalog.ticket_types import adding, editing, prices
from services.catalog.ticket_types.editing import LIMITS, Edit

# The fields of UpdatePass that may be changed, and those of the ticket type that they change.
FIELDS = {path: name for path, name in editing.FIELDS.items() if path not in {"seat_categories", "access_codes"}}


def edited(offer: Offer, edit: Edit, now_us: int) -> Pass | None:
    """A pass after a change; None if nothing changes. Raises the reasons of UpdatePass that catalog knows."""
    known, event = pass_of(offer, edit.wanted.ticket_type_id), event_of(offer)
    before = known.ticket_type
    if "price" in edit.mask:
        editing.check_price(event, before, edit)
    after = replace(before, **{FIELDS[path]: getattr(edit.wanted, FIELDS[path]) for path in edit.mask})
    if after == before:
        return None
    check_not_over(event, now_us)
    if after.price_minor != before.price_minor:
        prices.check_changeable(before, now_us)
    adding.check_name(event, after)
    if edit.mask & LIMITS:
        adding.check_limits(event, after)
    return replace(known, ticket_type=after, version=known.version + 1)


def archived(offer: Offer, ticket_type_id: str, now_us: int, *, restore: bool) -> Pass | None:
    """A pass after its sale has ended, or sells again; None if that is so already. Raises TicketTypeNotFound,
    EventState, NightNotForPass if its nights have different seating plans by now."""
    known = pass_of(offer, ticket_type_id)
    if known.ticket_type.archived != restore:
        return None
    check_not_over(event_of(offer), now_us)
    if restore:
        check_plans(offer, known)
    return replace(known, ticket_type=replace(known.ticket_type, archived=not restore), version=known.version + 1)


def check_plans(offer: Offer, known: Pass) -> None:
    """Raises NightNotForPass if a night of a pass has another seating plan than its first one."""
    ids = {night.event_id for night in known.nights}
    own = [night for night in offer.nights if night.event_id in ids]
    for night in own:
        if night.plan_id != own[0].plan_id:
            raise NightNotForPass(event_id=night.event_id)


def pass_of(offer: Offer, ticket_type_id: str) -> Pass:
    """A pass of a series. Raises TicketTypeNotFound."""
    for one in offer.passes:
        if one.ticket_type.ticket_type_id == ticket_type_id:
            return one
    raise TicketTypeNotFound(ticket_type_id=ticket_type_id)
