"""Sign-ins: what a code, a refresh token and a gate are. Decisions only."""

from dataclasses import dataclass

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 24 * 60 * MINUTE_US
CODE_LIFE_US = 10 * MINUTE_US
SHORT_DIGITS, LONG_DIGITS = 6, 10
REFRESH_LIFE_US = 30 * DAY_US
# How long what has ended is kept: a late refresh is still told that it is late.
KEPT_US = 30 * DAY_US
# How long after it was given an access token may still be good, by whichever clock.
ACCESS_LIFE_US = 11 * MINUTE_US
# What revocations are told under.
REVOCATIONS = "revocations"
# As many hexadecimal digits as a UUID has.
SECRET_ID_DIGITS = 32
FRESH, USED, REVOKED = "FRESH", "USED", "REVOKED"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in about to begin: its first refresh token, the family that descends from it, and the id of the access
    token that is given along."""

    token_hash: str
    family_id: str
    expires_us: int
    token_id: str


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token that was given. organizer_id: whom a member acts for, empty for guests. token_id: of the access
    token that was given along."""

    token_hash: str
    family_id: str
    subject_id: str
    organizer_id: str
    expires_us: int
    state: str
    token_id: str


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate device."""

    device_id: str
    organizer_id: str
    event_id: str
    name: str
    secret_hash: str
    revoked: bool

    @property
    def secret_id(self) -> str:
        """What its secret is called in the tokens that are given for it. The secret is random: its hash tells nothing
        of it."""
        return f"sec_{self.secret_hash[:SECRET_ID_DIGITS]}"


@dataclass(frozen=True, slots=True)
class Code:
    """An access code that was asked for. Its digits are derived, not kept. digits: how many. asked_by: the visitor who
    asked for it. used_for: the sign-in it began. locale: the visitor's language; empty if it is not known."""

    code_id: str
    email: str
    expires_us: int
    digits: int
    asked_by: str
    used_for: str = ""
    locale: str = ""

    def good(self, now_us: int) -> bool:
        """Whether it can still be redeemed."""
        return not self.used_for and now_us < self.expires_us


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody with a code says. session_id: the guest session or member whose token came with the call, empty
    for none. newcomer_id: whom the address gets if it is nobody's yet. password_phc: a member's password from now on;
    empty: as it is. locale: the newcomer's language; empty if it is not known."""

    email: str
    organizer_id: str
    session_id: str
    newcomer_id: str
    password_phc: str = ""
    locale: str = ""


def members_turn(organizer_id: str) -> str:
    """The turn in which an organizer's members change, one after the other."""
    return f"members:{organizer_id}"


def enrolment_turn(device_id: str) -> str:
    """The turn in which a gate is given secrets, one after the other: each ends the tokens of the one before."""
    return f"enrolment:{device_id}"
