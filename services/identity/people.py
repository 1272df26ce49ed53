"""People: what an address, a CPF and a code are, and who is who. Decisions only."""

from dataclasses import dataclass

from eventhub.refusals import InvalidRequest, LastOwner

MINUTE_US = 60 * 1_000_000
CODE_LIFE_US = 10 * MINUTE_US
CODE_TRIES = 5
CODES_WINDOW_US = 10 * MINUTE_US
CODES_MAX = 3
WRONG_WINDOW_US = 10 * MINUTE_US
WRONG_MAX = 10
REFRESH_LIFE_US = 30 * 24 * 60 * MINUTE_US
CPF_DIGITS = 11
OWNER = 1
# The role of somebody who was removed: they were here, so removing them again is no error.
GONE = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who works for organizers. password_phc: Argon2id in PHC form, empty for none."""

    account_id: str
    email: str
    name: str
    password_phc: str
    locale: str


@dataclass(frozen=True, slots=True)
class Membership:
    """An account's role for an organizer."""

    organizer_id: str
    account_id: str
    role: int


@dataclass(frozen=True, slots=True)
class Guest:
    """A participant's session, or the participant that sessions were merged into."""

    guest_id: str
    content_hash: str
    name: str
    email: str
    phone: str
    cpf: str
    locale: str
    verified: bool
    merged_into: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate device."""

    device_id: str
    organizer_id: str
    event_id: str
    name: str
    secret_hash: str
    revoked: bool


@dataclass(frozen=True, slots=True)
class Code:
    """An access code that was asked for. The six digits are derived, not kept."""

    code_id: str
    email: str
    expires_us: int
    tries_left: int
    used: bool

    def good(self, now_us: int) -> bool:
        """Whether it can still be redeemed."""
        return not self.used and self.tries_left > 0 and now_us < self.expires_us


def address(email: str) -> str:
    """An e-mail as it is compared and kept."""
    return email.strip().lower()


def check_cpf(cpf: str) -> None:
    """Raises InvalidRequest where a CPF's check digits are wrong. An empty one is none."""
    if cpf and not is_cpf(cpf):
        raise InvalidRequest("The CPF's check digits are wrong.", fields={"cpf": "its check digits are wrong"})


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
