"""Sign-ins: codes, refresh tokens and gates. Decisions only."""

from dataclasses import dataclass
from enum import StrEnum

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 24 * 60 * MINUTE_US
CODE_LIFE_US = 10 * MINUTE_US
SHORT_DIGITS, LONG_DIGITS = 6, 10
REFRESH_LIFE_US = 30 * DAY_US
# How long ended sign-ins are stored: a late refresh still gets TOKEN_EXPIRED.
KEPT_US = 30 * DAY_US
# The longest life of an access token, with room for clocks that differ.
ACCESS_LIFE_US = 11 * MINUTE_US
# The topic of revocations.
REVOCATIONS = "revocations"
# As many hexadecimal digits as a UUID has.
SECRET_ID_DIGITS = 32


class RefreshState(StrEnum):
    """The state of a refresh token, as the database spells it. USED: it was exchanged for its successor."""

    FRESH = "FRESH"
    USED = "USED"
    REVOKED = "REVOKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in about to begin.

    token_hash: of its first refresh token.
    family_id: names all refresh tokens that descend from the first.
    token_id: the id of the access token that the caller gets with it.
    """

    token_hash: str
    family_id: str
    expires_us: int
    token_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token that was given.

    organizer_id: the organizer a member acts for; empty for guests.
    token_id: the id of the access token that the caller got with it.
    """

    token_hash: str
    family_id: str
    subject_id: str
    organizer_id: str
    expires_us: int
    state: RefreshState = RefreshState.FRESH
    token_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A device that checks people in at one event."""

    device_id: str
    organizer_id: str
    event_id: str
    name: str
    secret_hash: str
    revoked: bool = False

    @property
    def secret_id(self) -> str:
        """The secret's name in the tokens that are given for it.

        It reveals nothing: the secret is random and this is its hash.
        """
        return f"sec_{self.secret_hash[:SECRET_ID_DIGITS]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An access code that a visitor asked for.

    Its digits are derived, not stored.

    digits: their number.
    asked_by: the visitor who asked for it.
    used_for: the family of the sign-in that it began; empty while it is unused.
    locale: the visitor's language; empty if unknown.
    """

    code_id: str
    email: str
    expires_us: int
    digits: int
    asked_by: str
    used_for: str = ""
    locale: str = ""

    def is_good(self, now_us: int) -> bool:
        """Whether the code can still be redeemed."""
        return not self.used_for and now_us < self.expires_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The claims of a caller who redeems a code.

    organizer_id: the organizer to sign in to; empty for none.
    session_id: the guest session or member of the call's token; empty for none.
    newcomer_id: the subject of a new guest if the address has none.
    password_phc: the member's new password; if empty, the password stays.
    locale: the new guest's language; empty if unknown.
    """

    email: str
    organizer_id: str = ""
    session_id: str = ""
    newcomer_id: str
    password_phc: str = ""
    locale: str = ""


def members_key(organizer_id: str) -> str:
    """The key that serializes changes to an organizer's members."""
    return f"members:{organizer_id}"


def enrolment_key(device_id: str) -> str:
    """The key that serializes new secrets of a gate: each secret ends the tokens given for the one before."""
    return f"enrolment:{device_id}"
