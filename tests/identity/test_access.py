"""Each RPC names its callers. Other callers are refused, and nothing is changed."""

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
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
PROFILE = pb.UpdateOrganizerProfileRequest(name="Caso", update_mask=FieldMask(paths=["name"]))
# The RPCs that need a token: a request, and the roles that may make it.
GUARDED: dict[str, tuple[Message, set[Role.ValueType]]] = {
    "AddMember": (MEMBER, {ROLE_OWNER}),
    "RemoveMember": (pb.RemoveMemberRequest(account_id=BIA_ID), {ROLE_OWNER}),
    "EnrollGate": (GATE, {ROLE_OWNER, ROLE_MANAGER}),
    "RevokeGate": (pb.RevokeGateRequest(device_id=numbered("gat", 2)), {ROLE_OWNER, ROLE_MANAGER}),
    "UpdateOrganizerProfile": (PROFILE, {ROLE_OWNER, ROLE_MANAGER}),
    "ListMembers": (pb.ListMembersRequest(), ROLES),
    "GetProfile": (pb.GetProfileRequest(), ROLES),
}


async def refusal_of(hub: EventHub, rpc: str) -> type[Refusal] | None:
    """The refusal of a call; None if it is served."""
    try:
        await getattr(hub.identity, rpc)(GUARDED[rpc][0])
    except Refusal as refused:
        return type(refused)
    return None


async def stored(world: World) -> list[tuple[int, ...]]:
    """The numbers of stored members and gates."""
    return await world.rows("SELECT (SELECT count(*) FROM membership), (SELECT count(*) FROM gate)")


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_each_role_may_make_the_calls_that_the_contract_grants(world: World, role: Role.ValueType) -> None:
    member = world.stage.member(CASA, role)

    denied = {rpc for rpc in GUARDED if await refusal_of(member, rpc) is refusals.AccessDenied}

    assert denied == {rpc for rpc, (_, roles) in GUARDED.items() if role not in roles}


async def test_a_call_without_a_token_changes_nothing(world: World) -> None:
    assert {await refusal_of(world.anyone, rpc) for rpc in GUARDED} == {refusals.TokenMissing}
    assert await stored(world) == [(0, 0)]


async def test_gates_and_operators_may_make_none_of_these_calls(world: World) -> None:
    for stranger in (world.stage.gate(SHOW, CASA), world.stage.operator()):
        assert {await refusal_of(stranger, rpc) for rpc in GUARDED} == {refusals.AccessDenied}
    assert await stored(world) == [(0, 0)]


async def test_a_participant_may_read_only_their_own_profile(world: World) -> None:
    buyer = world.stage.buyer((await world.start_guest(1)).subject_id)

    assert {rpc for rpc in GUARDED if await refusal_of(buyer, rpc) is None} == {"GetProfile"}
    assert await stored(world) == [(0, 0)]
