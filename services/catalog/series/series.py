"""Series, and the copies of their models. Pure."""

import hashlib
from dataclasses import dataclass, replace

from eventhub.refusals import EventInPast
from services.catalog.changing import copied_type, shifted
from services.catalog.events import Event, State, TicketType, check_sales_times
from services.catalog.series.rule import nights_of
from services.catalog.walltime import instant_us

ID_DIGITS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A show on several nights. title, description: those of its nights that do not differ. model_id: the event that is
    copied for a night. rule: gave its first nights."""

    series_id: str
    organizer_id: str
    title: str
    description: str
    model_id: str
    rule: str


def derived_id(prefix: str, *parts: str) -> str:
    """An id that follows from others, so that a repeat makes the same things."""
    return f"{prefix}_{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:ID_DIGITS]}"


def night_of(series: Series, model: Event, event_id: str, starts_local: str, starts_us: int) -> Event:
    """A draft of a night: the model at another time, under another id, with types of its own. Raises InvalidRequest if
    its sales would end before they begin."""
    night = replace(
        model,
        event_id=event_id,
        series_id=series.series_id,
        title=series.title,
        description=series.description,
        starts_local=starts_local,
        starts_us=starts_us,
        ends_us=starts_us + model.ends_us - model.starts_us,
        state=State.DRAFT,
        version=1,
        details=shifted(model.details, starts_us - model.starts_us),
        archived=False,
        types=types_of(model, event_id, starts_us - model.starts_us),
    )
    check_sales_times(night)
    return night


def types_of(model: Event, event_id: str, later_us: int) -> tuple[TicketType, ...]:
    """Copies of a model's ticket types that sell, for another event. later_us: how much later it starts."""
    copied = [ticket_type for ticket_type in model.types if not ticket_type.archived]
    ids = {kind.ticket_type_id: derived_id("tkt", event_id, kind.ticket_type_id) for kind in copied}
    return tuple(copied_type(model, ticket_type, ids, later_us) for ticket_type in copied)


def renamed(night: Event, before: Series, after: Series) -> Event | None:
    """A night with the new title and description of its series, each only if it had the former one. None if it had
    neither, or is archived."""
    if night.archived:
        return None
    title = after.title if night.title == before.title else night.title
    description = after.description if night.description == before.description else night.description
    if (title, description) == (night.title, night.description):
        return None
    return replace(night, title=title, description=description)


def instants_of(rule: str, model: Event, now_us: int) -> dict[str, int]:
    """The instant of each night that a rule gives, by its local time. The model's own night may be in the past, others
    are left out then. Raises InvalidRequest, TimeZoneUnknown if clocks skip a night's start, and EventInPast if no
    night is in the future."""
    times = {
        local: instant_us(local, model.time_zone) for local in nights_of(rule, model.starts_local, model.time_zone)
    }
    if max(times.values()) <= now_us:
        raise EventInPast
    return {local: at_us for local, at_us in times.items() if at_us > now_us or local == model.starts_local}
