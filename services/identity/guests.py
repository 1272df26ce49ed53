"""Guests: the sessions of participants, and the person that they turn out to be. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

DEFAULT_LOCALE = "pt-BR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A participant's session, or the participant that sessions were merged into.

    guest_id: the subject, not the secret id of the session.
    content_hash: the hash of the request that began the session; empty without a session.
    verified: whether the participant has proven the e-mail.
    merged_into: the guest that the session was merged into; empty for none.
    customer: whether a clerk typed the contact; such a guest has no session.
    """

    guest_id: str
    content_hash: str = ""
    name: str
    email: str
    phone: str = ""
    cpf: str = ""
    locale: str
    verified: bool = False
    merged_into: str = ""
    customer: bool = False

    @property
    def subject_id(self) -> str:
        """The subject of the guest's tokens."""
        return self.guest_id

    @property
    def organizer_id(self) -> str:
        """Empty: a guest acts for no organizer."""
        return ""


def owner_of(known: Sequence[Guest], session_id: str) -> Guest | None:
    """The guest that a proven address belongs to: the one that proved it before, else the session that the proof came
    from, else None for a new guest. Never another session: the person who began it may not own the address and still
    holds its tokens."""
    return next((guest for guest in known if guest.verified), None) or next(
        (guest for guest in known if guest.guest_id == session_id), None
    )


def newcomer(guest_id: str, email: str, known: Sequence[Guest], locale: str = "") -> Guest:
    """A new guest with a proven address.

    Name and language come from the address's latest session, if there is one. Phone and CPF do not, because they are
    unproven. locale: the language of the call; empty if unknown.
    """
    name, locale = (known[-1].name, known[-1].locale) if known else ("", locale or DEFAULT_LOCALE)
    return Guest(guest_id=guest_id, name=name, email=email, locale=locale, verified=True)
