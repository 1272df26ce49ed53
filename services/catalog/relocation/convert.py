"""Relocations as the contract's messages, and back."""

from eventhub.catalog.v1 import catalog_service_pb2 as pb
from services.catalog.relocation.mapping import Stuck, name_of
from services.catalog.relocation.relocation import Match, Relocation, Step, Target
from services.catalog.relocation.survey import Survey
from services.kit.values import to_timestamp

STUCK_MAX = 300
STATES = {
    Step.CHECKING: pb.RELOCATION_STATE_CHECKING,
    Step.THAWING: pb.RELOCATION_STATE_CHECKING,
    Step.STAGING: pb.RELOCATION_STATE_MOVING,
    Step.MOVING: pb.RELOCATION_STATE_MOVING,
    Step.DONE: pb.RELOCATION_STATE_DONE,
    Step.REFUSED: pb.RELOCATION_STATE_REFUSED,
}


def target_of(request: pb.RelocationTarget) -> Target:
    """The target that a request describes."""
    return Target(
        event_id=request.event_id,
        venue_id=request.venue_id,
        plan_id=request.plan_id,
        match=Match(request.match or Match.LABEL),
        categories=tuple((move.from_category, move.to_category) for move in request.categories),
        seats=tuple((move.from_seat_id, move.to_seat_id) for move in request.seats),
    )


def target_pb(target: Target) -> pb.RelocationTarget:
    """The contract's RelocationTarget."""
    return pb.RelocationTarget(
        event_id=target.event_id,
        venue_id=target.venue_id,
        plan_id=target.plan_id,
        match=pb.SeatMatch.ValueType(target.match),
        categories=[pb.CategoryMove(from_category=old, to_category=new) for old, new in target.categories],
        seats=[pb.SeatMove(from_seat_id=old, to_seat_id=new) for old, new in target.seats],
    )


def relocation_pb(relocation: Relocation) -> pb.Relocation:
    """The contract's Relocation. Its reason is told once it has ended."""
    refused = relocation.refused if relocation.step == Step.REFUSED else None
    return pb.Relocation(
        relocation_id=relocation.relocation_id,
        target=target_pb(relocation.target),
        state=STATES[relocation.step],
        seats=relocation.seats,
        moved=relocation.moved,
        created_at=to_timestamp(relocation.created_us),
        ended_at=to_timestamp(relocation.ended_us or None),
        refused_reason=refused.reason if refused else "",
    )


def preview_pb(survey: Survey) -> pb.PreviewRelocationResponse:
    """What would become of an event's taken seats."""
    blocked = sum(one.blocked for one in survey.taken)
    return pb.PreviewRelocationResponse(
        taken=len(survey.taken) - blocked,
        blocked=blocked,
        movable=len(survey.mapped.targets),
        stuck=[stuck_pb(one) for one in survey.mapped.stuck[:STUCK_MAX]],
    )


def stuck_pb(stuck: Stuck) -> pb.StuckSeat:
    """The contract's StuckSeat."""
    return pb.StuckSeat(
        seat_id=stuck.taken.seat.seat_id,
        seat_label=name_of(stuck.taken.seat),
        category=stuck.taken.seat.category,
        order_id=stuck.taken.order_id,
        blocked=stuck.taken.blocked,
        reason=pb.StuckReason.ValueType(stuck.reason),
    )
