"""How many tickets of an event one person may have over all orders. Decisions only."""

from dataclasses import dataclass

from eventhub.refusals import ContactUnverified, PersonLimit
from services.inventory.holds import Hold


@dataclass(frozen=True, slots=True)
class Person:
    """The person who gets the tickets of an order. keys: those by which identity counts the person, sorted. unnamed:
    whether it is a customer at the counter whose name is not known."""

    keys: tuple[str, ...] = ()
    unnamed: bool = False


def counts(hold: Hold, person: Person) -> bool:
    """Whether the tickets of a hold count for a person. Raises ContactUnverified if they do, and nothing is known to
    count the person by."""
    if not hold.person_limit or person.unnamed:
        return False
    if not person.keys:
        raise ContactUnverified
    return True


def check(hold: Hold, have: int) -> None:
    """Raises PersonLimit if a person cannot have the tickets of a hold as well. have: how many the person has."""
    if have + len(hold.places) > hold.person_limit:
        raise PersonLimit(limit=hold.person_limit, have=have)
