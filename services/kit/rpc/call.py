"""A call that is being served: its caller, its method and its deadline."""

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
)
from eventhub.contract import Method
from eventhub.refusals import AccessDenied, DeadlinePassed, TokenMissing
from services.kit.db.database import Suspended, inside
from services.kit.language.languages import asked_for, negotiate
from services.kit.observe import tracing
from services.kit.values.clock import Clock

OWNER = Role.ROLE_OWNER
# A nested call gets a deadline this much earlier than the call that it serves. Otherwise both would time out at the
# same moment, and the client could not tell which one was slow. Example: orders serves Checkout with 2 s left and calls
# inventory.LockHold with a timeout of 1.98 s. If inventory is too slow, orders still has 20 ms to answer
# "DeadlinePassed: inventory.LockHold".
RETURN_OVERHEAD_S = 0.02
# gRPC sends a timeout with about three digits, rounded up: (below_ms, step_ms). Example: 2,345 ms is sent as 2,350 ms.
WIRE_STEPS_MS = ((1_000, 1), (10_000, 10), (100_000, 100))
WIRE_STEP_LONGEST_MS = 1_000
# With less time left than this, a call is refused at once: it could not finish.
WORK_MIN_S = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The caller of an RPC. kind says which of the other fields are set."""

    kind: Access.ValueType = ACCESS_ANYONE
    # The person (gst_..., acc_...) or the device (gat_...).
    subject_id: str = ""
    # The organizer that a member or a gate works for.
    organizer_id: str = ""
    role: Role.ValueType = Role.ROLE_UNSPECIFIED
    # A gate scans tickets of one event and has a name.
    event_id: str = ""
    name: str = ""
    # The context that calls, for example "orders".
    service: str = ""
    # When the token expires; 0 for never.
    expires_at_us: int = 0
    # Whether the person has proven their address with a code.
    proven: bool = False
    # The person's language; empty if unknown.
    locale: str = ""
    # The subject of an expired token; its bearer may still call methods that are open to anyone.
    expired_subject_id: str = ""
    token_id: str = ""
    # The id of the secret that a gate's token was given for.
    secret_id: str = ""
    # Identity's position at the moment when the person proved their address; empty for a token from any other moment. A
    # reader that has not followed identity up to there does not know yet which orders and tickets are the person's.
    known_epoch: str = ""
    known_position: int = 0

    @property
    def is_buyer(self) -> bool:
        """Whether the caller is a person who buys, as a guest or with an account."""
        return self.kind == ACCESS_BUYER

    @property
    def is_member(self) -> bool:
        """Whether the caller is a member of an organizer."""
        return self.kind == ACCESS_ORGANIZER


ANYONE = Caller()


def none_revoked(caller: Caller) -> bool:
    """Always False: for processes that do not follow revocations."""
    return False


@dataclass(slots=True, kw_only=True)
class Call:
    """A call that is being served. Every handler gets one."""

    method: Method
    caller: Caller
    request_id: str
    # Seconds on the monotonic clock; None for a watch, which has no deadline.
    deadline: float | None
    clock: Clock
    # Whether the process is shutting down: watches end then.
    draining: Callable[[], bool]
    # W3C traceparent of the work for this call.
    trace: str = ""
    # Size of the request and the response on the wire, for the log.
    bytes_in: int = 0
    bytes_out: int = 0
    # Network address of the caller; empty for a call from another context.
    address: str = ""
    # The caller's Accept-Language header.
    accept_language: str = ""
    # Whether a caller's token has been revoked since the call began.
    is_revoked: Callable[[Caller], bool] = none_revoked

    @property
    def language(self) -> str:
        """The language to answer in."""
        return negotiate(self.accept_language, self.caller.locale)

    @property
    def locale(self) -> str:
        """The language that the caller asks for; empty if neither the call nor the token names one."""
        return asked_for(self.accept_language, self.caller.locale)

    @property
    def counted_by(self) -> str:
        """The key that limits how often a caller may guess, for example coupon codes: the subject if the person has
        proven their address, the network address otherwise. Guest accounts cost nothing, so an attacker could have a
        new one for each guess."""
        return self.caller.subject_id if self.caller.proven else self.address or self.caller.subject_id

    def remaining_s(self) -> float | None:
        """Seconds until the deadline; None if there is none."""
        return None if self.deadline is None else self.deadline - self.clock.monotonic()


current: contextvars.ContextVar[Call | None] = contextvars.ContextVar("current_call", default=None)


def begin(call: Call) -> None:
    """Makes a call the current one of this task: nested calls, facts and log lines belong to it."""
    current.set(call)
    tracing.trace.set(call.trace)


@dataclass(frozen=True, slots=True)
class Onward:
    """The context that a call to another context carries.

    request_id, trace: those of the call being served; empty if none is. timeout_s: None without a limit.
    """

    request_id: str
    trace: str
    timeout_s: float | None


def onward(method: Method, timeout_s: float | None) -> Onward:
    """The context for a nested call that is made now. Its timeout is the least of timeout_s, the limit of the method's
    deadline class, and the time that the call being served has left, less RETURN_OVERHEAD_S. Raises DeadlinePassed with
    the method being served if too little time is left; Suspended inside a transaction.

    timeout_s: limit that the calling code asks for; None for no limit of its own.
    """
    if inside.get():
        raise Suspended
    limits = [limit for limit in (timeout_s, method.deadline_s) if limit is not None]
    outer = current.get()
    if outer is None:
        return Onward("", tracing.trace.get(), min(limits, default=None))
    left_s = outer.remaining_s()
    if left_s is not None:
        limits.append(rounded_down(left_s - RETURN_OVERHEAD_S))
        if limits[-1] < WORK_MIN_S:
            raise DeadlinePassed(method=outer.method.path)
    return Onward(outer.request_id, outer.trace, min(limits, default=None))


def rounded_down(timeout_s: float) -> float:
    """The longest timeout that is not longer than this one after gRPC has rounded it up. One millisecond is taken off
    first, because gRPC also rounds the deadline up to a whole one. Example: 2.345 s becomes 2.339 s, which gRPC sends
    as 2.340 s. Source: gRPC's timeout_encoding.cc."""
    ms = int(timeout_s * 1_000)
    step_ms = next((step for below, step in WIRE_STEPS_MS if ms < below), WIRE_STEP_LONGEST_MS)
    return (ms // step_ms * step_ms - 1) / 1_000


def admit(method: Method, caller: Caller) -> None:
    """Checks that the contract lets a caller call a method. Raises TokenMissing, or AccessDenied with the roles or
    callers that may."""
    access, rules = method.access, method.rules
    if ACCESS_ANYONE in access:
        return
    if caller.kind == ACCESS_INTERNAL:
        if ACCESS_INTERNAL in access and caller.service in rules.callers:
            return
        raise AccessDenied(needs=",".join(rules.callers) or "another caller")
    if caller.kind == ACCESS_ANYONE:
        raise TokenMissing
    if caller.kind not in access:
        raise AccessDenied(needs=",".join(Access.Name(kind).removeprefix("ACCESS_") for kind in rules.access))
    if caller.kind == ACCESS_ORGANIZER and rules.roles and caller.role not in (OWNER, *rules.roles):
        raise AccessDenied(needs=",".join(Role.Name(role).removeprefix("ROLE_") for role in rules.roles))
