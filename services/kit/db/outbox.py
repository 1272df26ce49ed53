"""How a fact is written into the outbox, in the transaction that makes it true."""

from google.protobuf.message import Message

from services.kit.observe import tracing

ANNOUNCE = """
INSERT INTO outbox (at_us, type, aggregate_id, organizer_id, topic, payload, trace)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


def row(fact: Message, aggregate_id: str, organizer_id: str, topic: str, at_us: int) -> tuple[object, ...]:
    """A fact as ANNOUNCE takes it, with the trace of the work that makes it true."""
    payload, trace = fact.SerializeToString(), tracing.trace.get() or None
    return at_us, fact.DESCRIPTOR.full_name, aggregate_id, organizer_id, topic, payload, trace
