"""The contact data by which a participant is counted, for limits on each person. Decisions only."""

from services.identity import addresses
from services.identity.accounts import Account
from services.identity.guests import Guest
from services.identity.keys import HashedKind


def counted_by(person: Account | Guest) -> list[tuple[HashedKind, str]]:
    """The kinds and values that a person is counted by: a proven e-mail, or the contact that a clerk typed.

    Contact data that a guest only typed may belong to another person, so it does not count.
    """
    if person.verified:
        return [by_mailbox(person.email)]
    if isinstance(person, Guest) and person.customer:
        contact = [by_mailbox(person.email), (HashedKind.PHONE, person.phone)]
        return [(kind, value) for kind, value in contact if value]
    return []


def by_mailbox(email: str) -> tuple[HashedKind, str]:
    """The kind and value that an e-mail is counted by.

    All +tags of a mailbox count as one, because a person can make up any number of them and prove each.
    """
    return HashedKind.EMAIL, addresses.mailbox(email) if email else ""
