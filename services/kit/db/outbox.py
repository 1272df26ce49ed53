"""Writes a fact into the outbox, in the same transaction that makes it true."""

from google.protobuf.message import Message

from services.kit.observe import tracing

ANNOUNCE = """
INSERT INTO outbox (at_us, type, aggregate_id, organizer_id, topic, payload, trace)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


def row(fact: Message, aggregate_id: str, organizer_id: str, topic: str, at_us: int) -> tuple[object, ...]:
    """The parameters of ANNOUNCE for a fact, including the trace of the work that causes it."""
    payload, trace = fact.SerializeToString(), tracing.trace.get() or None
    return at_us, fact.DESCRIPTOR.full_name, aggregate_id, organizer_id, topic, payload, trace
