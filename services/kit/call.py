"""One call under way: who calls what, and until when."""

import contextvars
from collections.abc import Callable
from dataclasses import dataclass

from eventhub.common.v1.options_pb2 import (
    ACCESS_ANYONE,
    ACCESS_BUYER,
    ACCESS_INTERNAL,
    ACCESS_ORGANIZER,
    Access,
    Role,
    Rules,
)
from eventhub.contract import Method
from eventhub.refusals import AccessDenied, TokenMissing
from services.kit.clock import Clock

OWNER = Role.ROLE_OWNER


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. kind says which of the other fields mean something.

    subject_id: the person (gst_..., acc_...) or device (gat_...). organizer_id: whom a member or gate serves.
    event_id: the one event of a gate. name: a gate's name. service: the calling context. expires_at_us: when the token
    runs out, 0 for never.
    """

    kind: Access.ValueType = ACCESS_ANYONE
    subject_id: str = ""
    organizer_id: str = ""
    role: Role.ValueType = Role.ROLE_UNSPECIFIED
    event_id: str = ""
    name: str = ""
    service: str = ""
    expires_at_us: int = 0

    @property
    def is_buyer(self) -> bool:
        """Whether a participant calls."""
        return self.kind == ACCESS_BUYER

    @property
    def is_member(self) -> bool:
        """Whether an organizer's member calls."""
        return self.kind == ACCESS_ORGANIZER


ANYONE = Caller()


@dataclass(slots=True)
class Call:
    """A call under way. deadline: on the monotonic clock, in seconds; None: no limit of its own."""

    method: Method
    caller: Caller
    request_id: str
    deadline: float | None
    clock: Clock
    draining: Callable[[], bool]

    def remaining_s(self) -> float | None:
        """Seconds left; None without a limit."""
        return None if self.deadline is None else self.deadline - self.clock.monotonic()


current: contextvars.ContextVar[Call | None] = contextvars.ContextVar("current_call", default=None)


def admit(rules: Rules, caller: Caller) -> None:
    """Lets a caller pass whom the rules admit. Raises TokenMissing or AccessDenied, saying what is needed."""
    if ACCESS_ANYONE in rules.access:
        return
    if caller.kind == ACCESS_INTERNAL:
        if ACCESS_INTERNAL in rules.access and caller.service in rules.callers:
            return
        raise AccessDenied(needs=",".join(rules.callers) or "another caller")
    if caller.kind == ACCESS_ANYONE:
        raise TokenMissing
    if caller.kind not in rules.access:
        raise AccessDenied(needs=",".join(Access.Name(kind).removeprefix("ACCESS_") for kind in rules.access))
    if caller.kind == ACCESS_ORGANIZER and rules.roles and caller.role not in (OWNER, *rules.roles):
        raise AccessDenied(needs=",".join(Role.Name(role).removeprefix("ROLE_") for role in rules.roles))
