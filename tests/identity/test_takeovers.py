"""An outdated token and an unproven account give no rights."""

import pytest

from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ACCESS_ORGANIZER, ROLE_MANAGER, ROLE_OWNER, ROLE_VIEWER, Role
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusals import AccessDenied
from services.kit.rpc.call import Caller
from tests.identity.world import ANA, BIA_ID, CASA, SHOW, World, numbered

RUI, RUI_ID = "rui@casa.example", numbered("acc", 2)
REMOVED = None


def rui(world: World) -> EventHub:
    """A client of Rui with a token from when he was an owner."""
    return world.stage.client(Caller(kind=ACCESS_ORGANIZER, subject_id=RUI_ID, organizer_id=CASA, role=ROLE_OWNER))


async def former_owner(world: World, now: Role.ValueType | None) -> EventHub:
    """Makes Rui an owner and then gives him another role, or removes him. Returns a client with his old token."""
    await world.register()
    await world.join(2, RUI, role=ROLE_OWNER)
    if now is REMOVED:
        await world.remove(RUI_ID)
    else:
        await world.invite(2, RUI, role=now)
    return rui(world)


@pytest.mark.parametrize("now", [REMOVED, ROLE_MANAGER])
async def test_an_old_token_does_not_restore_the_owners_role(world: World, now: Role.ValueType | None) -> None:
    old = await former_owner(world, now)

    with pytest.raises(AccessDenied):
        await old.identity.AddMember(pb.AddMemberRequest(account_id=RUI_ID, name="Rui", email=RUI, role=ROLE_OWNER))
    with pytest.raises(AccessDenied):
        await old.identity.RemoveMember(pb.RemoveMemberRequest(account_id=BIA_ID))

    assert (await world.roles())[BIA_ID] == ROLE_OWNER


@pytest.mark.parametrize("now", [REMOVED, ROLE_VIEWER])
async def test_an_old_token_does_not_enrol_a_gate(world: World, now: Role.ValueType | None) -> None:
    old = await former_owner(world, now)

    with pytest.raises(AccessDenied):
        await old.identity.EnrollGate(
            pb.EnrollGateRequest(device_id=numbered("gat", 1), event_id=SHOW, name="South gate")
        )


async def test_an_account_does_not_take_a_participants_address(world: World) -> None:
    ana = await world.start_guest(1)
    await world.register(email=ANA)

    proven = await world.prove(hub=world.stage.buyer(ana.subject_id))

    assert (proven.subject_id, proven.organizer_id) == (ana.subject_id, "")
    assert await world.participant_keys(BIA_ID) == []


async def test_a_participant_signs_in_as_a_member_by_naming_the_organizer(world: World) -> None:
    await world.start_guest(1)
    await world.register(email=ANA)

    proven = await world.prove(organizer_id=CASA)

    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, CASA)
    assert len(await world.participant_keys(BIA_ID)) == 1
