"""Limits: how often something may be tried, and whom a try counts against. Decisions only.

Tries count against the visitor who makes them, so that strangers use up their own and never the owner's. A visitor
with a token of the account has tries that no stranger can use up. Tries from many addresses together have bounds of
their own, and those leave the owner a way in: a password that is shut for strangers still leaves the access code, and a
code that strangers have guessed at still works on the device that asked for it, or the next one has more digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from eventhub.refusals import TooManyRequests
from services.identity.door.signins import CODE_LIFE_US, DAY_US, LONG_DIGITS, MINUTE_US, SECOND_US, SHORT_DIGITS, Code
from services.identity.fair import Lane
from services.identity.people import mailbox

HOUR_US = 60 * MINUTE_US


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in a window of time."""

    most: int
    window_us: int

    def since_us(self, now_us: int) -> int:
        """What happened up to here no longer counts."""
        return now_us - self.window_us

    def full(self, times: Sequence[int], now_us: int) -> bool:
        """Whether there is no room for one more. times: when it happened."""
        return sum(at_us > self.since_us(now_us) for at_us in times) >= self.most

    def check(self, times: Sequence[int], now_us: int) -> None:
        """Raises TooManyRequests if there is no room for one more. times: when it happened, oldest first."""
        if self.full(times, now_us):
            wait_us = times[-self.most] + self.window_us - now_us
            raise TooManyRequests(retry_after_s=wait_us / SECOND_US)


@dataclass(frozen=True, slots=True)
class Counter:
    """What is counted together, and how much of it there may be."""

    name: str
    limit: Limit


# What has to have room for a visitor to be let in one way.
Way = tuple[Counter, ...]


class Trust(Enum):
    """How well a visitor's token fits the address they come with. CLAIMS: it is of a session or an account that was
    made with the address and has not proven it. PROVEN: it is of the person who has."""

    NONE = 0
    CLAIMS = 1
    PROVEN = 2


@dataclass(frozen=True, slots=True)
class Visitor:
    """A caller as they are counted. address: a keyed hash of the network address. subject_id: the subject of their
    token, an expired one too; empty without one. trust: towards the e-mail address that they come with."""

    address: str
    subject_id: str = ""
    trust: Trust = Trust.NONE

    @property
    def name(self) -> str:
        """What the visitor's tries count against: the person, all who claim the address together, the address."""
        return {Trust.NONE: self.address, Trust.CLAIMS: "claims", Trust.PROVEN: self.subject_id}[self.trust]

    @property
    def lane(self) -> Lane:
        """The lane in which the visitor waits for what is dear."""
        known = self.trust is Trust.PROVEN
        return Lane(self.subject_id if known else self.address, first=known)

    @property
    def may_sign_in(self) -> bool:
        """Whether the token is of an account that the password may be of. A session is begun by anybody."""
        return self.trust is Trust.PROVEN or (self.trust is Trust.CLAIMS and self.subject_id.startswith("acc_"))

    @property
    def asks_as(self) -> str:
        """The name under which the visitor asks for a code."""
        return self.subject_id or self.address

    def asked(self, code: Code) -> bool:
        """Whether the visitor asked for a code."""
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
    """What a wrong password for an address counts against."""
    if visitor.may_sign_in:
        return (Counter(f"password:{email}:{visitor.subject_id}", WRONG_TRIES),)
    return (
        Counter(f"password:{email}:{visitor.address}", WRONG_TRIES),
        Counter(f"password:{email}", WRONG_TRIES_OF_STRANGERS),
        Counter(f"passwords:{visitor.address}", WRONG_PASSWORDS_OF_ADDRESS),
    )


def of_registering(visitor: Visitor) -> Counter:
    """The organizers registered from one network address."""
    return Counter(f"registered:{visitor.address}", REGISTRATIONS_OF_ADDRESS)


def of_claims(email: str) -> Counter:
    """The mails that tell of one more account with an address."""
    return Counter(f"claimed:{mailbox(email)}", CLAIMS_TOLD)


def of_inviting(organizer_id: str) -> Counter:
    """The invitations that an organizer has mailed."""
    return Counter(f"invited:{organizer_id}", INVITATIONS)


def of_guests(visitor: Visitor, most: int) -> Counter:
    """The guest sessions begun from one network address."""
    return Counter(f"guests:{visitor.address}", Limit(most, MINUTE_US))


def of_secret(name: str) -> Counter:
    """What a wrong secret of a device or the operator counts against: only more wrong ones are refused by it."""
    return Counter(name, WRONG_TRIES)


def ways_of_asking(email: str, visitor: Visitor) -> list[Way]:
    """As whom a visitor may ask for a code: a person who has proven the address as nobody else; all who claim it
    together, and then each like a stranger."""
    own = (Counter(f"asked:{mailbox(email)}:{visitor.name}", CODES),)
    match visitor.trust:
        case Trust.PROVEN:
            return [own]
        case Trust.CLAIMS:
            return [own, asking_as_stranger(email, visitor)]
        case _:
            return [asking_as_stranger(email, visitor)]


def asking_as_stranger(email: str, visitor: Visitor) -> Way:
    """What asking for a code counts against if nothing speaks for the visitor."""
    return (
        Counter(f"asked:{mailbox(email)}:{visitor.address}", CODES),
        Counter(f"asked:{visitor.address}", CODES_OF_ADDRESS),
    )


def of_mailbox(email: str) -> Counter:
    """The codes that strangers have sent to a mailbox. Its tagged addresses count together and apart from the others:
    whoever makes up tags keeps no code from the plain address."""
    tagged = "+" if "+" in email else ""
    return Counter(f"mailbox:{mailbox(email)}{tagged}", CODES_TO_MAILBOX)


def ways_of_trying(code: Code, visitor: Visitor) -> list[Way]:
    """As whom a visitor may try a code: a person who has proven the address, or the visitor who asked for it, as nobody
    else; all who claim the address together, and then each like a stranger."""
    if visitor.trust is Trust.PROVEN:
        return [(Counter(f"code:{code.code_id}:{visitor.subject_id}", CODE_TRIES),)]
    if visitor.asked(code):
        return [(Counter(f"code:{code.code_id}:asked", CODE_TRIES),)]
    stranger = (Counter(f"code:{code.code_id}:{visitor.address}", CODE_TRIES), *of_strangers(code))
    claims = (Counter(f"code:{code.code_id}:{visitor.name}", CODE_TRIES),)
    return [claims, stranger] if visitor.trust is Trust.CLAIMS else [stranger]


def of_strangers(code: Code) -> tuple[Counter, ...]:
    """The tries at a code by visitors who neither asked for it nor have a token of its address. A long code bears any
    number of them."""
    short = code.digits < LONG_DIGITS
    return (Counter(f"code:{code.code_id}:strangers", CODE_TRIES_OF_STRANGERS),) if short else ()


def of_wrong_codes(email: str) -> Counter:
    """Wrong codes for an address; many make the next one long."""
    return Counter(f"codes:{email}", WRONG_CODES_BEFORE_LONG)


def of_codes(visitor: Visitor) -> tuple[Counter, ...]:
    """The wrong codes, for any address, from a visitor's network address."""
    proven = visitor.trust is Trust.PROVEN
    return () if proven else (Counter(f"codes_from:{visitor.address}", WRONG_CODES_OF_ADDRESS),)


def of_wrong_code(email: str, visitor: Visitor) -> tuple[Counter, ...]:
    """What a wrong code counts against, besides the code itself."""
    return () if visitor.trust is Trust.PROVEN else (of_wrong_codes(email), *of_codes(visitor))


def digits(*, guessed_at: bool) -> int:
    """How many digits a new code has. guessed_at: whether many wrong ones were tried for its address."""
    return LONG_DIGITS if guessed_at else SHORT_DIGITS


def worth_trying(codes: Sequence[Code], visitor: Visitor) -> list[Code]:
    """The codes that a visitor may mean, of an address's good ones, newest first: the newest, and the newest that the
    visitor asked for; a stranger who asks for another one does not outdate it."""
    own = next((code for code in codes if visitor.asked(code)), None)
    return list(dict.fromkeys([*codes[:1], *([own] if own else [])]))
