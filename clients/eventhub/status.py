"""Refusals on the wire: google.rpc.Status with ErrorInfo, BadRequest and RetryInfo, both ways."""

from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from eventhub import refusals
from eventhub.refusal import Refusal

DOMAIN = "eventhub"
TOO_LARGE = "Received message larger than max"  # what gRPC says of a message that it does not even read
DETAILS_KEY = "grpc-status-details-bin"

# What a bare status means when it carries no reason of ours: the transport or a proxy made it.
BARE: dict[int, type[Refusal]] = {
    code_pb2.UNAVAILABLE: refusals.Unavailable,
    code_pb2.CANCELLED: refusals.Unavailable,  # by the server: too many wait, or it went down
    code_pb2.DEADLINE_EXCEEDED: refusals.DeadlinePassed,
    code_pb2.RESOURCE_EXHAUSTED: refusals.Overloaded,
    code_pb2.UNIMPLEMENTED: refusals.MethodUnknown,
    code_pb2.INVALID_ARGUMENT: refusals.InvalidRequest,
    code_pb2.UNAUTHENTICATED: refusals.TokenInvalid,
    code_pb2.PERMISSION_DENIED: refusals.AccessDenied,
}


def pack(refusal: Refusal) -> Status:
    """The status a refusal travels as."""
    status = Status(code=refusal.code, message=refusal.message)
    details = [ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=refusal.facts)]
    for detail in details:
        status.details.add().Pack(detail)
    if refusal.fields:
        violations = [BadRequest.FieldViolation(field=f, description=d) for f, d in refusal.fields.items()]
        status.details.add().Pack(BadRequest(field_violations=violations))
    if refusal.retry_after_s is not None:
        retry = RetryInfo()
        retry.retry_delay.FromMilliseconds(int(refusal.retry_after_s * 1000))
        status.details.add().Pack(retry)
    return status


def unpack(code: int, message: str, details: bytes | None) -> Refusal:
    """The refusal that a call's final status stands for.

    code: the gRPC status code. message: its text. details: the value of the trailer grpc-status-details-bin, if any.
    """
    status = parse(details)
    info, fields, retry_after_s = ErrorInfo(), {}, None
    for detail in status.details:
        if detail.Is(ErrorInfo.DESCRIPTOR):
            detail.Unpack(info)
        elif detail.Is(BadRequest.DESCRIPTOR):
            fields = violations(detail)
        elif detail.Is(RetryInfo.DESCRIPTOR):
            retry = RetryInfo()
            detail.Unpack(retry)
            retry_after_s = retry.retry_delay.ToMilliseconds() / 1000
    bare = refusals.InvalidRequest if TOO_LARGE in message else BARE.get(code, refusals.Internal)
    kind = Refusal.by_reason.get(info.reason, bare)
    return kind(message, fields=fields, retry_after_s=retry_after_s, **dict(info.metadata))


def parse(details: bytes | None) -> Status:
    """The status in the details, an empty one where there is none to be read."""
    try:
        return Status.FromString(details or b"")
    except DecodeError:
        return Status()


def violations(detail: Any) -> dict[str, str]:
    """What is wrong, by field path."""
    bad = BadRequest()
    detail.Unpack(bad)
    return {violation.field: violation.description for violation in bad.field_violations}
