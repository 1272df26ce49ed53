"""Limits: how often callers may try something, and which counters a try adds to. Decisions only.

Tries count against the visitor who makes them, so strangers use up their own tries and never the owner's. A visitor
with a token of the account has tries that no stranger can use up. Tries from many network addresses together have
limits of their own, and those limits leave the owner a way in. If strangers close the password, the access code still
works. If strangers have guessed at a code, it still works on the device that asked for it, or the next code has more
digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from eventhub.refusals import TooManyRequests
from services.identity.addresses import mailbox
from services.identity.fair_queue import Lane
from services.identity.signin.signins import CODE_LIFE_US, DAY_US, LONG_DIGITS, MINUTE_US, SECOND_US, SHORT_DIGITS, Code

HOUR_US = 60 * MINUTE_US


@dataclass(frozen=True, slots=True)
class Limit:
    """A maximum within a window of time, in microseconds."""

    most: int
    window_us: int

    def since_us(self, now_us: int) -> int:
        """The start of the window: older attempts no longer count."""
        return now_us - self.window_us

    def full(self, times: Sequence[int], now_us: int) -> bool:
        """Whether there is no room for one more. times: when the attempts happened."""
        return sum(at_us > self.since_us(now_us) for at_us in times) >= self.most

    def check(self, times: Sequence[int], now_us: int) -> None:
        """Raises TooManyRequests if there is no room for one more. times: when the attempts happened, oldest first."""
        if self.full(times, now_us):
            wait_us = times[-self.most] + self.window_us - now_us
            raise TooManyRequests(retry_after_s=wait_us / SECOND_US)


@dataclass(frozen=True, slots=True)
class Counter:
    """A name under which attempts are counted together, and their limit."""

    name: str
    limit: Limit


# One way to be served: each of its counters must have room.
Way = tuple[Counter, ...]


class Trust(StrEnum):
    """How well a visitor's token fits the e-mail address in the request.

    CLAIMS: the token's session or account was made with the address and has not proven it. PROVEN: the token's person
    has proven the address.
    """

    NONE = "NONE"
    CLAIMS = "CLAIMS"
    PROVEN = "PROVEN"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A caller as the limits count it. address: a keyed hash of the network address. subject_id: the subject of the
    token, even of an expired one; empty without a token. trust: how well the token fits the e-mail address in the
    request."""

    address: str
    subject_id: str = ""
    trust: Trust = Trust.NONE

    @property
    def name(self) -> str:
        """The visitor's part of a counter's name: the person, all visitors who claim the address, or the network
        address."""
        return {Trust.NONE: self.address, Trust.CLAIMS: "claims", Trust.PROVEN: self.subject_id}[self.trust]

    @property
    def lane(self) -> Lane:
        """The lane in which the visitor waits for expensive work."""
        known = self.trust is Trust.PROVEN
        return Lane(self.subject_id if known else self.address, first=known)

    @property
    def may_sign_in(self) -> bool:
        """Whether the password may belong to the token's account. A session does not count: anyone can begin one."""
        return self.trust is Trust.PROVEN or (self.trust is Trust.CLAIMS and self.subject_id.startswith("acc_"))

    @property
    def asks_as(self) -> str:
        """The name under which the visitor asks for a code."""
        return self.subject_id or self.address

    def asked(self, code: Code) -> bool:
        """Whether the visitor asked for this code."""
        return code.asked_by in (self.subject_id, self.address)


TEN_MINUTES_US = 10 * MINUTE_US
WRONG_TRIES = Limit(10, TEN_MINUTES_US)
WRONG_TRIES_OF_STRANGERS = Limit(100, HOUR_US)
WRONG_PASSWORDS_OF_ADDRESS = Limit(300, TEN_MINUTES_US)
WRONG_CODES_OF_ADDRESS = Limit(100, TEN_MINUTES_US)
CLAIMS_TOLD = Limit(1, DAY_US)
INVITATIONS = Limit(100, DAY_US)
REGISTRATIONS_OF_ADDRESS = Limit(500, HOUR_US)
CODES = Limit(3, TEN_MINUTES_US)
CODES_OF_ADDRESS = Limit(200, TEN_MINUTES_US)
CODES_TO_MAILBOX = Limit(10, CODE_LIFE_US)
CODE_TRIES = Limit(5, CODE_LIFE_US)
CODE_TRIES_OF_STRANGERS = Limit(20, CODE_LIFE_US)
WRONG_CODES_BEFORE_LONG = Limit(20, DAY_US)


def of_password(email: str, visitor: Visitor) -> tuple[Counter, ...]:
    """The counters of wrong passwords for an address."""
    if visitor.may_sign_in:
        return (Counter(f"password:{email}:{visitor.subject_id}", WRONG_TRIES),)
    return (
        Counter(f"password:{email}:{visitor.address}", WRONG_TRIES),
        Counter(f"password:{email}", WRONG_TRIES_OF_STRANGERS),
        Counter(f"passwords:{visitor.address}", WRONG_PASSWORDS_OF_ADDRESS),
    )


def of_registering(visitor: Visitor) -> Counter:
    """The counter of organizers registered from one network address."""
    return Counter(f"registered:{visitor.address}", REGISTRATIONS_OF_ADDRESS)


def of_claims(email: str) -> Counter:
    """The counter of mails that tell an owner of one more account with the address."""
    return Counter(f"claimed:{mailbox(email)}", CLAIMS_TOLD)


def of_inviting(organizer_id: str) -> Counter:
    """The counter of invitations that an organizer has mailed."""
    return Counter(f"invited:{organizer_id}", INVITATIONS)


def of_guests(visitor: Visitor, most: int) -> Counter:
    """The counter of guest sessions begun from one network address."""
    return Counter(f"guests:{visitor.address}", Limit(most, MINUTE_US))


def of_secret(name: str) -> Counter:
    """The counter of wrong secrets of a device or the operator. When it is full, only wrong secrets are refused."""
    return Counter(name, WRONG_TRIES)


def ways_of_asking(email: str, visitor: Visitor) -> list[Way]:
    """The ways in which a visitor may ask for a code.

    A person who has proven the address has a counter alone. Visitors who claim the address share one, and when it is
    full, each of them counts as a stranger.
    """
    own = (Counter(f"asked:{mailbox(email)}:{visitor.name}", CODES),)
    match visitor.trust:
        case Trust.PROVEN:
            return [own]
        case Trust.CLAIMS:
            return [own, asking_as_stranger(email, visitor)]
        case _:
            return [asking_as_stranger(email, visitor)]


def asking_as_stranger(email: str, visitor: Visitor) -> Way:
    """The counters for a visitor who asks for a code and has no trust."""
    return (
        Counter(f"asked:{mailbox(email)}:{visitor.address}", CODES),
        Counter(f"asked:{visitor.address}", CODES_OF_ADDRESS),
    )


def of_mailbox(email: str) -> Counter:
    """The counter of codes that strangers have sent to a mailbox.

    Its tagged addresses share one counter and the plain address has another, so a stranger who makes up tags never
    blocks codes to the plain address.
    """
    tagged = "+" if "+" in email else ""
    return Counter(f"mailbox:{mailbox(email)}{tagged}", CODES_TO_MAILBOX)


def ways_of_trying(code: Code, visitor: Visitor) -> list[Way]:
    """The ways in which a visitor may try a code.

    A person who has proven the address has a counter alone, and so has the visitor who asked for the code. Visitors who
    claim the address share one, and when it is full, each of them counts as a stranger.
    """
    if visitor.trust is Trust.PROVEN:
        return [(Counter(f"code:{code.code_id}:{visitor.subject_id}", CODE_TRIES),)]
    if visitor.asked(code):
        return [(Counter(f"code:{code.code_id}:asked", CODE_TRIES),)]
    stranger = (Counter(f"code:{code.code_id}:{visitor.address}", CODE_TRIES), *of_strangers(code))
    claims = (Counter(f"code:{code.code_id}:{visitor.name}", CODE_TRIES),)
    return [claims, stranger] if visitor.trust is Trust.CLAIMS else [stranger]


def of_strangers(code: Code) -> tuple[Counter, ...]:
    """The counter of tries by visitors who did not ask for the code and have no token of its address.

    A long code has none: it withstands any number of tries.
    """
    short = code.digits < LONG_DIGITS
    return (Counter(f"code:{code.code_id}:strangers", CODE_TRIES_OF_STRANGERS),) if short else ()


def of_wrong_codes(email: str) -> Counter:
    """The counter of wrong codes for an address. When it is full, the next code is long."""
    return Counter(f"codes:{email}", WRONG_CODES_BEFORE_LONG)


def of_codes(visitor: Visitor) -> tuple[Counter, ...]:
    """The counter of wrong codes from a visitor's network address, for any e-mail address."""
    proven = visitor.trust is Trust.PROVEN
    return () if proven else (Counter(f"codes_from:{visitor.address}", WRONG_CODES_OF_ADDRESS),)


def of_wrong_code(email: str, visitor: Visitor) -> tuple[Counter, ...]:
    """The counters of a wrong code, besides those of the code itself."""
    return () if visitor.trust is Trust.PROVEN else (of_wrong_codes(email), *of_codes(visitor))


def digits(*, guessed_at: bool) -> int:
    """The number of digits of a new code. guessed_at: whether many wrong codes were tried for its address."""
    return LONG_DIGITS if guessed_at else SHORT_DIGITS


def worth_trying(codes: Sequence[Code], visitor: Visitor) -> list[Code]:
    """The codes that a visitor may mean: the newest, and the newest that the visitor asked for.

    A stranger who asks for another code does not replace the visitor's own. codes: the address's valid codes, newest
    first.
    """
    own = next((code for code in codes if visitor.asked(code)), None)
    return list(dict.fromkeys([*codes[:1], *([own] if own else [])]))
