"""Sign-ins: what a code, a refresh token and a gate are, and how often something may be tried. Decisions only."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventhub.refusals import TooManyRequests

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
DAY_US = 24 * 60 * MINUTE_US
CODE_LIFE_US = 10 * MINUTE_US
CODE_TRIES = 5
REFRESH_LIFE_US = 30 * DAY_US
# How long what has ended is kept: a late refresh is still told that it is late.
KEPT_US = 30 * DAY_US
FRESH, USED, REVOKED = "FRESH", "USED", "REVOKED"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in a window of time."""

    most: int
    window_us: int

    def since_us(self, now_us: int) -> int:
        """What happened up to here no longer counts."""
        return now_us - self.window_us

    def check(self, times: Sequence[int], now_us: int) -> None:
        """Raises TooManyRequests if there is no room for one more. times: when it happened, oldest first."""
        inside = [at_us for at_us in times if at_us > self.since_us(now_us)]
        if len(inside) >= self.most:
            wait_us = inside[-self.most] + self.window_us - now_us
            raise TooManyRequests(retry_after_s=wait_us / SECOND_US)


CODES = Limit(3, 10 * MINUTE_US)
WRONG_TRIES = Limit(10, 10 * MINUTE_US)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in about to begin: its first refresh token, and the family that descends from it."""

    token_hash: str
    family_id: str
    expires_us: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh token that was given. organizer_id: whom a member acts for, empty for guests."""

    token_hash: str
    family_id: str
    subject_id: str
    organizer_id: str
    expires_us: int
    state: str


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
    """An access code that was asked for. The six digits are derived, not kept. used_for: the sign-in it began."""

    code_id: str
    email: str
    expires_us: int
    tries_left: int
    used_for: str

    def good(self, now_us: int) -> bool:
        """Whether it can still be redeemed."""
        return not self.used_for and self.tries_left > 0 and now_us < self.expires_us


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody with a code says. session_id: the guest session or member whose token came with the call, empty
    for none. newcomer_id: whom the address gets if it is nobody's yet. password_phc: a member's password from now on;
    empty: as it is."""

    email: str
    organizer_id: str
    session_id: str
    newcomer_id: str
    password_phc: str = ""
