"""Converts the details of events to the contract's messages and back."""

from google.protobuf.duration_pb2 import Duration

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.common.v1.picture_pb2 import Picture as PictureMessage
from services.catalog.details import Contact, Details, Picture
from services.catalog.refund_terms import NO_TERMS, RefundTerms, Share
from services.kit.values import SECOND_US, from_timestamp, to_timestamp

# The fields of EventDetails whose values have another name than the field itself.
VALUES = {
    "doors_open_before": "doors_open_before_us",
    "doors_close_after": "doors_close_after_us",
    "sales_start_at": "sales_start_us",
    "sales_end_at": "sales_end_us",
}


def details_of(message: nouns.EventDetails) -> Details:
    """The details that a message describes."""
    contact = message.contact
    return Details(
        pictures=tuple(Picture(picture.url, picture.alt) for picture in message.pictures),
        age_rating=message.age_rating,
        doors_open_before_us=span_us(message, "doors_open_before"),
        doors_close_after_us=span_us(message, "doors_close_after"),
        contact=Contact(contact.name, contact.email, contact.phone),
        sales_start_us=from_timestamp(message.sales_start_at),
        sales_end_us=from_timestamp(message.sales_end_at),
        categories=tuple(message.categories),
        tags=tuple(message.tags),
        refund_terms=refund_terms_of(message.refund_terms),
    )


def refund_terms_of(message: nouns.RefundTerms) -> RefundTerms:
    """The terms that a message describes."""
    shares = tuple(Share(share.hours_before, share.percent) for share in message.shares)
    hours = message.withdrawal_hours_before if message.HasField("withdrawal_hours_before") else None
    return RefundTerms(shares, hours)


def refund_terms_pb(terms: RefundTerms) -> nouns.RefundTerms | None:
    """The contract's RefundTerms; None if the organizer has said nothing."""
    if terms == NO_TERMS:
        return None
    shares = [nouns.RefundShare(hours_before=share.hours_before, percent=share.percent) for share in terms.shares]
    return nouns.RefundTerms(shares=shares, withdrawal_hours_before=terms.withdrawal_hours_before)


def span_us(message: nouns.EventDetails, field: str) -> int | None:
    """A duration of a message in microseconds; None if it is unset."""
    span: Duration = getattr(message, field)
    return span.seconds * SECOND_US + span.nanos // 1_000 if message.HasField(field) else None  # type: ignore[arg-type] # one of two names


def span_pb(us: int | None) -> Duration | None:
    """Microseconds as a duration; None stays None."""
    return None if us is None else Duration(seconds=us // SECOND_US, nanos=us % SECOND_US * 1_000)


def details_pb(details: Details) -> nouns.EventDetails:
    """The contract's EventDetails."""
    contact = details.contact
    return nouns.EventDetails(
        pictures=[PictureMessage(url=picture.url, alt=picture.alt) for picture in details.pictures],
        age_rating=nouns.AgeRating.ValueType(details.age_rating),
        doors_open_before=span_pb(details.doors_open_before_us),
        doors_close_after=span_pb(details.doors_close_after_us),
        contact=nouns.EventContact(name=contact.name, email=contact.email, phone=contact.phone)
        if contact != Contact()
        else None,
        sales_start_at=to_timestamp(details.sales_start_us or None),
        sales_end_at=to_timestamp(details.sales_end_us or None),
        categories=details.categories,
        tags=details.tags,
        refund_terms=refund_terms_pb(details.refund_terms),
    )
