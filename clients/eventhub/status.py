"""Converts refusals to and from google.rpc.Status with ErrorInfo, LocalizedMessage, BadRequest and RetryInfo."""

from google.protobuf.message import DecodeError, Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, LocalizedMessage, RetryInfo
from google.rpc.status_pb2 import Status

from eventhub import refusals
from eventhub.refusal import Refusal, Violation

DOMAIN = "eventhub"
PORTUGUESE = "pt-BR"
TOO_LARGE = "Received message larger than max"  # gRPC's text for a message that it refuses unread
DETAILS_KEY = "grpc-status-details-bin"

# The refusal for a status without a reason of ours, which the transport or a proxy made.
BARE: dict[int, type[Refusal]] = {
    code_pb2.UNAVAILABLE: refusals.Unavailable,
    code_pb2.CANCELLED: refusals.Unavailable,  # the server cancelled: too many calls wait, or it is stopping
    code_pb2.DEADLINE_EXCEEDED: refusals.DeadlinePassed,
    code_pb2.RESOURCE_EXHAUSTED: refusals.Overloaded,
    code_pb2.UNIMPLEMENTED: refusals.MethodUnknown,
    code_pb2.INVALID_ARGUMENT: refusals.InvalidRequest,
    code_pb2.UNAUTHENTICATED: refusals.TokenInvalid,
    code_pb2.PERMISSION_DENIED: refusals.AccessDenied,
}


def pack(refusal: Refusal, language: str = "") -> Status:
    """Returns the status that carries a refusal. language: of the sentence for people; empty: no sentence."""
    status = Status(code=refusal.code, message=refusal.message)
    details: list[Message] = [ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=refusal.facts)]
    if language:
        details.append(LocalizedMessage(locale=language, message=refusal.for_people))
    if refusal.fields:
        violations = [violation_pb(field, wrong, language) for field, wrong in refusal.fields.items()]
        details.append(BadRequest(field_violations=violations))
    if refusal.retry_after_s is not None:
        retry = RetryInfo()
        retry.retry_delay.FromMilliseconds(int(refusal.retry_after_s * 1000))
        details.append(retry)
    for detail in details:
        status.details.add().Pack(detail)
    return status


def violation_pb(field: str, wrong: Violation, language: str) -> BadRequest.FieldViolation:
    """Converts a violation to its message."""
    packed = BadRequest.FieldViolation(field=field, description=wrong.en, reason=wrong.rule)
    if language:
        text = wrong.pt if language == PORTUGUESE else wrong.en
        packed.localized_message.MergeFrom(LocalizedMessage(locale=language, message=text))
    return packed


def unpack(code: int, message: str, details: bytes | None) -> Refusal:
    """Returns the refusal for a call's final status.

    code: the gRPC status code. message: its text. details: the value of the trailer grpc-status-details-bin, if any.
    """
    status = parse(details)
    info, said, bad, retry = ErrorInfo(), LocalizedMessage(), BadRequest(), RetryInfo()
    found: set[str] = set()
    for detail in status.details:
        for known in (info, said, bad, retry):
            if detail.Unpack(known):
                found.add(known.DESCRIPTOR.name)
    bare = refusals.InvalidRequest if TOO_LARGE in message else BARE.get(code, refusals.Internal)
    kind = Refusal.by_reason.get(info.reason, bare)
    return kind(
        message,
        for_people=said.message,
        fields={wrong.field: violation(wrong) for wrong in bad.field_violations},
        retry_after_s=retry.retry_delay.ToMilliseconds() / 1000 if RetryInfo.DESCRIPTOR.name in found else None,
        **dict(info.metadata),
    )


def parse(details: bytes | None) -> Status:
    """Parses the status in the details; returns an empty one if it cannot."""
    try:
        return Status.FromString(details or b"")
    except DecodeError:
        return Status()


def violation(wrong: BadRequest.FieldViolation) -> Violation:
    """Converts a message to its violation."""
    said = wrong.localized_message
    return Violation(wrong.reason, wrong.description, said.message if said.locale == PORTUGUESE else "")
