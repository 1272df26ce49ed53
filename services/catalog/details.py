"""What an organizer may tell of an event besides what every event has. Pure."""

from dataclasses import dataclass

from services.catalog.refund_terms import NO_TERMS, RefundTerms


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an event. alt: what it shows, in words."""

    url: str
    alt: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Where buyers can ask about an event. Each part may be empty."""

    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What an organizer may tell of an event besides.

    age_rating: the contract's AgeRating.
    doors_open_before_us, doors_close_after_us: before and after the start; None: the organizer has not said.
    sales_start_us: 0: sales begin when the event is published.
    sales_end_us: 0: sales end at the usual time.
    """

    pictures: tuple[Picture, ...] = ()
    age_rating: int = 0
    doors_open_before_us: int | None = None
    doors_close_after_us: int | None = None
    contact: Contact = Contact()
    sales_start_us: int = 0
    sales_end_us: int = 0
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    refund_terms: RefundTerms = NO_TERMS


NO_DETAILS = Details()
