"""The fields in which an event differs after a change, as facts tell them."""

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1.catalog_pb2 import FieldChange
from services.catalog.details import Details
from services.catalog.events import Event, Venue
from services.catalog.refund_terms import NO_TERMS, RefundTerms
from services.catalog.ticket_types import differences as of_type
from services.kit.values import rfc3339

# Fields whose values facts leave out.
SECRET = ("online_url", "contact", "access_codes")


def differences(before: Event, after: Event) -> list[FieldChange]:
    """What has changed in an event, each field once."""
    old, new = values(before), values(after)
    changed = [name for name in {**old, **new} if old.get(name, "") != new.get(name, "")]
    return [
        FieldChange(field=name)
        if name.rpartition(".")[2] in SECRET
        else FieldChange(field=name, old_value=old.get(name, ""), new_value=new.get(name, ""))
        for name in changed
    ]


def values(event: Event) -> dict[str, str]:
    """The fields of an event that may change, as texts."""
    places = {f"areas.{area.area_id}.capacity": str(area.capacity) for area in event.areas}
    types = {
        f"ticket_types.{kind.ticket_type_id}.{name}": value
        for kind in event.types
        for name, value in of_type.values(kind, event.currency).items()
    }
    return {
        "title": event.title,
        "description": event.description,
        "venue": place(event.venue),
        "plan_id": event.plan_id,
        "starts_local": event.starts_local,
        "time_zone": event.time_zone,
        "starts_at": rfc3339(event.starts_us),
        "ends_at": rfc3339(event.ends_us),
        "capacity": str(event.capacity),
        "tickets_per_order_max": str(event.tickets_per_order_max),
        "tickets_per_person_max": str(event.tickets_per_person_max or ""),
        "online_url": event.online_url,
        "state": event.state,
        "archived": "true" if event.archived else "",
        "doors_open_at": moment(event.doors_open_us),
        "doors_close_at": moment(event.doors_close_us),
        **details_values(event.details),
        **places,
        **types,
    }


def details_values(details: Details) -> dict[str, str]:
    """The details of an event as texts, apart from the doors' times."""
    rating = nouns.AgeRating.Name(nouns.AgeRating.ValueType(details.age_rating))
    return {
        "pictures": "\n".join(picture.url for picture in details.pictures),
        "age_rating": rating.removeprefix("AGE_RATING_") if details.age_rating else "",
        "contact": f"{details.contact.name}\n{details.contact.email}\n{details.contact.phone}",
        "sales_start_at": moment(details.sales_start_us),
        "sales_end_at": moment(details.sales_end_us),
        "categories": "\n".join(details.categories),
        "tags": "\n".join(details.tags),
        "refund_terms": terms(details.refund_terms),
    }


def terms(refunds: RefundTerms) -> str:
    """The terms of refunds, a line for each share; empty if the organizer has said nothing."""
    if refunds == NO_TERMS:
        return ""
    shares = [f"{share.hours_before} h: {share.percent} %" for share in refunds.shares]
    return "\n".join((*shares, f"withdrawal: {refunds.withdrawal_ends} h"))


def moment(us: int) -> str:
    """A time as RFC 3339; empty if it is not set."""
    return rfc3339(us) if us else ""


def place(venue: Venue | None) -> str:
    """A venue as "Name, address, city"; empty for an online event."""
    return ", ".join(filter(None, (venue.name, venue.address, venue.city))) if venue else ""
