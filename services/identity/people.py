"""People: what an address and a CPF are, and who is who. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.refusals import LastOwner
from services.kit.language import invalid

DEFAULT_LOCALE = "pt-BR"
CPF_DIGITS = 11
DOTS_DO_NOT_COUNT = {"gmail.com", "googlemail.com"}
OWNER, MANAGER = 1, 2
# The role of somebody who was removed: they were here, so removing them again is no error.
GONE = 0


@dataclass(frozen=True, slots=True)
class Organizer:
    """An organizer. content_hash: what it was registered with."""

    organizer_id: str
    name: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who works for organizers. password_phc: Argon2id in PHC form, empty for none. verified: whether the
    e-mail is proven to be theirs: until then anybody may have claimed it."""

    account_id: str
    email: str
    name: str
    password_phc: str
    locale: str
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's role for an organizer. proven: whether the account's e-mail is proven. locale: the account's.
    invited: whether the person has still to accept. became: the account that is the member in this one's place."""

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
    """Somebody as an organizer lists them."""

    account: Account
    role: int
    invited: bool


@dataclass(frozen=True, slots=True)
class Guest:
    """A participant's session, or the participant that sessions were merged into. guest_id: the subject, not the secret
    id of the session. customer: whether a clerk took the contact down; there is no session then."""

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
    """An e-mail as it is compared and kept."""
    return email.strip().lower()


def mailbox(email: str) -> str:
    """The mailbox behind an address, as nearly as can be known: a tag after a plus leads nowhere else, and neither does
    a dot at Gmail. To count by, not to write to."""
    name, _, domain = address(email).rpartition("@")
    name = name.partition("+")[0] or name
    return f"{name.replace('.', '') if domain in DOTS_DO_NOT_COUNT else name}@{domain}"


def check_cpf(cpf: str) -> None:
    """Raises InvalidRequest where a CPF's check digits are wrong. An empty one is none."""
    if cpf and not is_cpf(cpf):
        raise invalid(
            "cpf", "cpf.digits", "a CPF whose check digits are right", "um CPF com os dígitos verificadores certos"
        )


def is_cpf(cpf: str) -> bool:
    """Whether eleven digits are a CPF: each check digit follows from those before it."""
    if len(cpf) != CPF_DIGITS or len(set(cpf)) == 1:
        return False
    digits = [int(digit) for digit in cpf]
    return all(digits[n] == check_digit(digits[:n]) for n in (9, 10))


def check_digit(digits: list[int]) -> int:
    """The check digit after some digits of a CPF."""
    weighed = sum(digit * weight for digit, weight in zip(digits, range(len(digits) + 1, 1, -1), strict=True))
    return weighed * 10 % 11 % 10


def check_owners_left(owners: int, *, old_role: int, new_role: int | None) -> None:
    """Raises LastOwner where a change would leave an organizer without an owner. new_role: None for leaving."""
    if old_role == OWNER and new_role != OWNER and owners <= 1:
        raise LastOwner


def claimants(accounts: Sequence[Account], session_id: str) -> list[Account]:
    """The accounts of an address in the order in which its owner may mean them: the one whose token comes with the
    call, the one that has proven the address, the oldest: a claim takes nothing from the account that was there before
    it. accounts: oldest first."""
    return sorted(accounts, key=lambda account: (account.account_id != session_id, not account.verified))


def owner_of(accounts: Sequence[Account]) -> Account:
    """The account that an address belongs to: the one that has proven it, else the first, which is about to."""
    return next((account for account in accounts if account.verified), accounts[0])


def acts_as(who: Membership | Guest) -> tuple[str, str]:
    """A person's subject, and the organizer they act for: empty for guests."""
    if isinstance(who, Guest):
        return who.guest_id, ""
    return who.account_id, who.organizer_id


def stable_of(known: Sequence[Guest], session_id: str) -> Guest | None:
    """Who a proven address belongs to, of the guests that came with it: the one who proved it before, else the session
    that the proof came from. None: somebody new. Never another session: whoever began it may not be the address's owner
    and still holds its tokens."""
    return next((guest for guest in known if guest.verified), None) or next(
        (guest for guest in known if guest.guest_id == session_id), None
    )


def newcomer(guest_id: str, email: str, known: Sequence[Guest], locale: str = "") -> Guest:
    """Somebody new with a proven address. Name and language are those of the session that came last, if any did;
    a phone and a CPF are not taken over, since nobody proved them. locale: in which they prove it; empty if that is not
    known."""
    name, locale = (known[-1].name, known[-1].locale) if known else ("", locale or DEFAULT_LOCALE)
    return Guest(guest_id, "", name, email, "", "", locale, verified=True, merged_into="")
