"""Whom identity's door opens for: each RPC names who may ask, and everybody else is refused before anything is done."""

import pytest
from google.protobuf.message import Message

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import (
    ROLE_BOX_OFFICE,
    ROLE_FINANCE,
    ROLE_MANAGER,
    ROLE_OWNER,
    ROLE_VIEWER,
    Role,
)
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusal import Refusal
from tests.identity.world import BIA_ID, CASA, RUI_ID, SHOW, World, numbered

ROLES = {ROLE_OWNER, ROLE_MANAGER, ROLE_FINANCE, ROLE_BOX_OFFICE, ROLE_VIEWER}
MEMBER = pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email="rui@casa.example", role=ROLE_OWNER)
GATE = pb.EnrollGateRequest(device_id=numbered("gat", 1), event_id=SHOW, name="North gate")
# What needs a token: how it is asked, and which members may ask.
GUARDED: dict[str, tuple[Message, set[Role.ValueType]]] = {
    "AddMember": (MEMBER, {ROLE_OWNER}),
    "RemoveMember": (pb.RemoveMemberRequest(account_id=BIA_ID), {ROLE_OWNER}),
    "EnrollGate": (GATE, {ROLE_OWNER, ROLE_MANAGER}),
    "RevokeGate": (pb.RevokeGateRequest(device_id=numbered("gat", 2)), {ROLE_OWNER, ROLE_MANAGER}),
    "ListMembers": (pb.ListMembersRequest(), ROLES),
    "GetProfile": (pb.GetProfileRequest(), ROLES),
}


async def refused(hub: EventHub, rpc: str) -> type[Refusal] | None:
    """What somebody is refused with; None if they are served."""
    try:
        await getattr(hub.identity, rpc)(GUARDED[rpc][0])
    except Refusal as refusal:
        return type(refusal)
    return None


async def left(world: World) -> list[tuple[int, ...]]:
    """What refused calls have left behind."""
    return await world.rows("SELECT (SELECT count(*) FROM membership), (SELECT count(*) FROM gate)")


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_a_role_may_do_what_the_contract_says(world: World, role: Role.ValueType) -> None:
    member = world.stage.member(CASA, role)

    denied = {rpc for rpc in GUARDED if await refused(member, rpc) is refusals.AccessDenied}

    assert denied == {rpc for rpc, (_, roles) in GUARDED.items() if role not in roles}


async def test_without_a_token_nothing_is_done(world: World) -> None:
    assert {await refused(world.anyone, rpc) for rpc in GUARDED} == {refusals.TokenMissing}
    assert await left(world) == [(0, 0)]


async def test_gates_and_operators_have_no_business_with_people(world: World) -> None:
    for stranger in (world.stage.gate(SHOW, CASA), world.stage.operator()):
        assert {await refused(stranger, rpc) for rpc in GUARDED} == {refusals.AccessDenied}
    assert await left(world) == [(0, 0)]


async def test_a_participant_is_told_about_themselves_and_nothing_else(world: World) -> None:
    buyer = world.stage.buyer((await world.start_guest(1)).subject_id)

    assert {rpc for rpc in GUARDED if await refused(buyer, rpc) is None} == {"GetProfile"}
    assert await left(world) == [(0, 0)]
