"""People: addresses, CPFs, accounts, members and guests. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.refusals import LastOwner
from services.kit.language import invalid

DEFAULT_LOCALE = "pt-BR"
CPF_DIGITS = 11
DOTS_DO_NOT_COUNT = {"gmail.com", "googlemail.com"}
OWNER, MANAGER = 1, 2
# The role of a removed member. The row stays, so that a repeated removal is no error.
GONE = 0


@dataclass(frozen=True, slots=True)
class Organizer:
    """An organizer. content_hash: the hash of the request that registered it."""

    organizer_id: str
    name: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Account:
    """A person who works for organizers.

    password_phc: Argon2id in PHC form; empty for none. verified: whether the person has proven the e-mail. Until then,
    anyone may have typed it.
    """

    account_id: str
    email: str
    name: str
    password_phc: str
    locale: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's role for an organizer. proven: whether the account has proven its e-mail. locale: the account's
    language. invited: whether the person has yet to accept. became: the account that is the member in this account's
    place; empty for none."""

    organizer_id: str
    account_id: str
    role: int
    proven: bool = False
    locale: str = ""
    invited: bool = False
    became: str = ""

    @property
    def works(self) -> bool:
        """Whether the member acts for the organizer."""
        return self.role != GONE and not self.invited


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the organizer's list shows it."""

    account: Account
    role: int
    invited: bool


@dataclass(frozen=True, slots=True)
class Guest:
    """A participant's session, or the participant that sessions were merged into. guest_id: the subject, not the secret
    id of the session. customer: whether a clerk typed the contact; such a guest has no session."""

    guest_id: str
    content_hash: str
    name: str
    email: str
    phone: str
    cpf: str
    locale: str
    verified: bool
    merged_into: str
    customer: bool = False


def address(email: str) -> str:
    """An e-mail address in the form that is compared and stored."""
    return email.strip().lower()


def mailbox(email: str) -> str:
    """The mailbox behind an address, as far as it is known: addresses that differ in a +tag, or in dots at Gmail, share
    a mailbox. Use it to count, not to send mail."""
    name, _, domain = address(email).rpartition("@")
    name = name.partition("+")[0] or name
    return f"{name.replace('.', '') if domain in DOTS_DO_NOT_COUNT else name}@{domain}"


def check_cpf(cpf: str) -> None:
    """Raises InvalidRequest if a CPF's check digits are wrong. An empty text is allowed."""
    if cpf and not is_cpf(cpf):
        raise invalid(
            "cpf", "cpf.digits", "a CPF whose check digits are right", "um CPF com os dígitos verificadores certos"
        )


def is_cpf(cpf: str) -> bool:
    """Whether eleven digits are a CPF: each check digit follows from the digits before it."""
    if len(cpf) != CPF_DIGITS or len(set(cpf)) == 1:
        return False
    digits = [int(digit) for digit in cpf]
    return all(digits[n] == check_digit(digits[:n]) for n in (9, 10))


def check_digit(digits: list[int]) -> int:
    """The CPF check digit that follows these digits."""
    weighed = sum(digit * weight for digit, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
    return weighed * 10 % 11 % 10


def check_owners_left(owners: int, *, old_role: int, new_role: int | None) -> None:
    """Raises LastOwner if a change leaves an organizer without an owner. new_role: None if the member leaves."""
    if old_role == OWNER and new_role != OWNER and owners <= 1:
        raise LastOwner


def claimants(accounts: Sequence[Account], session_id: str) -> list[Account]:
    """The accounts of an address in the order in which its owner may mean them: the account of the call's token, the
    account that has proven the address, then the oldest. A later claim takes nothing from an earlier account. accounts:
    oldest first."""
    return sorted(accounts, key=lambda account: (account.account_id != session_id, not account.verified))


def owner_of(accounts: Sequence[Account]) -> Account:
    """The account that an address belongs to: the one that has proven it, else the first, which will prove it now."""
    return next((account for account in accounts if account.verified), accounts[0])


def acts_as(who: Membership | Guest) -> tuple[str, str]:
    """A person's subject and the organizer they act for; the organizer is empty for guests."""
    if isinstance(who, Guest):
        return who.guest_id, ""
    return who.account_id, who.organizer_id


def stable_of(known: Sequence[Guest], session_id: str) -> Guest | None:
    """The guest that a proven address belongs to: the one who proved it before, else the session that the proof came
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
    return Guest(guest_id, "", name, email, "", "", locale, verified=True, merged_into="")
