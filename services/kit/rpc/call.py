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
)
from eventhub.contract import Method
from eventhub.refusals import AccessDenied, DeadlinePassed, TokenMissing
from services.kit.db.database import Suspended, inside
from services.kit.language.languages import asked_for, negotiate
from services.kit.observe import tracing
from services.kit.values.clock import Clock

OWNER = Role.ROLE_OWNER
# A call made while serving another ends so much earlier: its caller still has time to say which call was late.
RETURN_OVERHEAD_S = 0.02
# gRPC writes a timeout in at most three digits, rounded up: this many milliseconds to a step, below so many of them.
WIRE_STEPS_MS = ((1_000, 1), (10_000, 10), (100_000, 100))
WIRE_STEP_LONGEST_MS = 1_000
# With less time left than this nothing worth doing can be done.
WORK_MIN_S = 0.005


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. kind says which of the other fields mean something.

    subject_id: the person (gst_..., acc_...) or device (gat_...). organizer_id: whom a member or gate serves.
    event_id: the one event of a gate. name: a gate's name. service: the calling context. expires_at_us: when the token
    runs out, 0 for never. proven: whether the person has proven their contact. locale: the person's language; empty if
    it is not known. expired_subject_id: the subject of a token that has run out; its bearer may do what anyone may.
    token_id: of the token that says so. secret_id: of the secret that a gate's token was given for. known_epoch,
    known_position: where identity's history stood when the person proved their address; empty if they did not just
    then.
    """

    kind: Access.ValueType = ACCESS_ANYONE
    subject_id: str = ""
    organizer_id: str = ""
    role: Role.ValueType = Role.ROLE_UNSPECIFIED
    event_id: str = ""
    name: str = ""
    service: str = ""
    expires_at_us: int = 0
    proven: bool = False
    locale: str = ""
    expired_subject_id: str = ""
    token_id: str = ""
    secret_id: str = ""
    known_epoch: str = ""
    known_position: int = 0

    @property
    def is_buyer(self) -> bool:
        """Whether a participant calls."""
        return self.kind == ACCESS_BUYER

    @property
    def is_member(self) -> bool:
        """Whether an organizer's member calls."""
        return self.kind == ACCESS_ORGANIZER


ANYONE = Caller()


def none_revoked(caller: Caller) -> bool:
    """As long as nobody tells of revocations."""
    return False


@dataclass(slots=True)
class Call:
    """A call under way. deadline: on the monotonic clock, in seconds; None: no limit of its own. trace: the traceparent
    of what is done for it. bytes_in, bytes_out: of a single request and response from the wire, for the log. address:
    of the network, by which the call is counted; empty for a call from inside the process or from a neighbour.
    accept_language: what the caller wants to read, as HTTP says it. is_revoked: whether a caller's token was revoked
    since."""

    method: Method
    caller: Caller
    request_id: str
    deadline: float | None
    clock: Clock
    draining: Callable[[], bool]
    trace: str = ""
    bytes_in: int = 0
    bytes_out: int = 0
    address: str = ""
    accept_language: str = ""
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
        """By what the caller's guesses are counted: who has proven their contact by themselves, others by their network
        address, behind which guests are made for nothing."""
        return self.caller.subject_id if self.caller.proven else self.address or self.caller.subject_id

    def remaining_s(self) -> float | None:
        """Seconds left; None without a limit."""
        return None if self.deadline is None else self.deadline - self.clock.monotonic()


current: contextvars.ContextVar[Call | None] = contextvars.ContextVar("current_call", default=None)


def begin(call: Call) -> None:
    """From here on everything in this context is done for the call."""
    current.set(call)
    tracing.trace.set(call.trace)


@dataclass(frozen=True, slots=True)
class Onward:
    """What a call to another context takes along. request_id, trace: empty where nothing is being served. timeout_s:
    None without a limit."""

    request_id: str
    trace: str
    timeout_s: float | None


def onward(method: Method, timeout_s: float | None) -> Onward:
    """What a call of a method takes along if it is made now. timeout_s: what its caller asks for; it gets no more than
    its deadline class and a little less than what is being served has left. Raises DeadlinePassed, naming what is being
    served, where that is too little; Suspended inside a transaction."""
    if inside.get():
        raise Suspended
    limits = [limit for limit in (timeout_s, method.deadline_s) if limit is not None]
    outer = current.get()
    if outer is None:
        return Onward("", tracing.trace.get(), min(limits, default=None))
    left_s = outer.remaining_s()
    if left_s is not None:
        limits.append(written_down(left_s - RETURN_OVERHEAD_S))
        if limits[-1] < WORK_MIN_S:
            raise DeadlinePassed(method=outer.method.path)
    return Onward(outer.request_id, outer.trace, min(limits, default=None))


def written_down(timeout_s: float) -> float:
    """The longest timeout that gRPC does not write longer than this one. A millisecond stays free: deadlines are
    rounded up to whole ones before they are written. Source: gRPC's timeout_encoding.cc."""
    ms = int(timeout_s * 1_000)
    step_ms = next((step for below, step in WIRE_STEPS_MS if ms < below), WIRE_STEP_LONGEST_MS)
    return (ms // step_ms * step_ms - 1) / 1_000


def admit(method: Method, caller: Caller) -> None:
    """Lets a caller pass whom a method's rules admit. Raises TokenMissing or AccessDenied, saying what is needed."""
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
