"""Organizers, their members and gates."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_MANAGER, ROLE_OWNER
from eventhub.identity.v1 import identity_service_pb2 as pb
from services.identity.wiring import build
from tests.identity.world import BIA, BIA_ID, CASA, OTHERS, OTHERS_SHOW, PASSWORD, RUI_ID, World, numbered, registration
from tests.stage import Stage

RUI = "rui@casa.example"


async def test_an_organizer_registers_with_its_owner(world: World) -> None:
    answer = await world.anyone.identity.RegisterOrganizer(registration())

    assert (answer.organizer_id, answer.account_id) == (CASA, BIA_ID)
    assert await world.roles() == {BIA_ID: ROLE_OWNER}


async def test_a_repeat_of_a_registration_answers_the_same(world: World) -> None:
    first = await world.anyone.identity.RegisterOrganizer(registration())
    again = await world.anyone.identity.RegisterOrganizer(registration(email=BIA.upper()))

    assert first == again
    assert await world.rows("SELECT count(*) FROM account") == [(1,)]


@pytest.mark.parametrize("change", [{"password": "another horse"}, {"name": "Caso"}, {"email": "bea@casa.example"}])
async def test_a_registration_with_other_content_is_refused(world: World, change: dict[str, str]) -> None:
    await world.register()

    with pytest.raises(refusals.IdInUse):
        await world.anyone.identity.RegisterOrganizer(registration(**change))  # type: ignore[arg-type]  # texts only

    await world.sign_in(BIA, PASSWORD)


async def test_repeated_registrations_count_as_wrong_passwords(world: World) -> None:
    await world.register()
    for number in range(9):
        with pytest.raises(refusals.CredentialsWrong):
            await world.sign_in(BIA, f"wrong horse {number}")
    with pytest.raises(refusals.IdInUse):
        await world.register(password="another horse")

    with pytest.raises(refusals.TooManyRequests):
        await world.register(password="another horse")


async def test_an_account_id_belongs_to_one_account(world: World) -> None:
    await world.register()

    with pytest.raises(refusals.IdInUse):
        await world.register(2, 1, email="else@casa.example")


async def test_no_password_is_stored_in_plain_text(stage: Stage) -> None:
    world = await World(stage).open(build)
    await world.register()

    (stored,) = (await world.rows("SELECT password_phc FROM account"))[0]
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    for path in world.stage.folder.glob("identity.db*"):
        assert PASSWORD.encode() not in path.read_bytes()


async def test_a_member_joins_and_changes_role(world: World) -> None:
    await world.register()

    await world.join(2, RUI, role=ROLE_MANAGER)
    again = await world.invite(2, RUI, role=ROLE_MANAGER)
    changed = await world.invite(2, RUI, role=ROLE_FINANCE)

    assert (again.account_id, again.email, again.role, again.invited) == (RUI_ID, RUI, ROLE_MANAGER, False)
    assert (changed.role, changed.invited) == (ROLE_FINANCE, False)
    assert await world.roles() == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_FINANCE}


async def test_a_member_may_work_for_several_organizers(world: World) -> None:
    await world.register()
    await world.register(2, 2, email=RUI, owner_name="Rui Prado")
    await world.prove(RUI, hub=world.stage.member(OTHERS, subject_id=RUI_ID))
    world.stage.clock.advance(1)

    await world.join(2, RUI, role=ROLE_FINANCE)

    assert [member.name for member in await world.list_members()] == ["Bia", "Rui Prado"]
    assert await world.roles(OTHERS) == {RUI_ID: ROLE_OWNER}
    assert await world.roles(CASA) == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_FINANCE}
    assert (await world.sign_in(RUI)).organizer_id == OTHERS
    assert (await world.sign_in(RUI, organizer_id=CASA)).organizer_id == CASA


async def test_an_invitation_to_another_members_address_is_refused(world: World) -> None:
    await world.register()

    with pytest.raises(refusals.EmailInUse):
        await world.invite(2, BIA)


async def test_an_invitation_with_another_accounts_id_is_refused(world: World) -> None:
    await world.register()

    with pytest.raises(refusals.IdInUse):
        await world.invite(1, "else@casa.example")


async def test_a_member_may_be_removed_twice(world: World) -> None:
    await world.register()
    await world.join(2, RUI)

    await world.remove(RUI_ID)
    await world.remove(RUI_ID)

    assert await world.roles() == {BIA_ID: ROLE_OWNER}


async def test_a_removed_member_may_join_again(world: World) -> None:
    await world.register()
    await world.join(2, RUI)
    await world.remove(RUI_ID)

    await world.join(2, RUI, role=ROLE_FINANCE)

    assert await world.roles() == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_FINANCE}


@pytest.mark.parametrize("account_id", [numbered("acc", 9), BIA_ID])
async def test_only_an_organizers_own_members_can_be_removed(world: World, account_id: str) -> None:
    await world.register()
    await world.register(2, 2, email=RUI)

    with pytest.raises(refusals.MemberNotFound):
        await world.remove(account_id, OTHERS)

    assert await world.roles(CASA) == {BIA_ID: ROLE_OWNER}


async def test_the_last_owner_can_be_neither_removed_nor_demoted(world: World) -> None:
    await world.register()
    await world.join(2, RUI)

    with pytest.raises(refusals.LastOwner):
        await world.remove(BIA_ID)
    with pytest.raises(refusals.LastOwner):
        await world.invite(1, BIA, role=ROLE_MANAGER)

    await world.invite(2, RUI, role=ROLE_OWNER)
    await world.remove(BIA_ID)
    assert await world.roles() == {RUI_ID: ROLE_OWNER}


async def test_members_are_listed_by_address_and_only_to_their_organizer(world: World) -> None:
    await world.register()
    for number, email in ((3, "zoe@casa.example"), (4, "ada@casa.example")):
        await world.join(number, email)

    assert list(await world.roles()) == [numbered("acc", 4), BIA_ID, numbered("acc", 3)]
    assert await world.roles(OTHERS) == {}


@pytest.mark.parametrize("role", [ROLE_MANAGER, ROLE_FINANCE])
async def test_only_owners_change_members(world: World, role: int) -> None:
    await world.register()
    member = world.stage.member(CASA, role)  # type: ignore[arg-type]  # one of the contract's roles

    with pytest.raises(refusals.AccessDenied):
        await member.identity.RemoveMember(pb.RemoveMemberRequest(account_id=BIA_ID))


async def test_a_gate_is_enrolled_and_signs_in(world: World) -> None:
    secret = await world.enrol()

    tokens = await world.sign_in_gate(secret)

    assert (tokens.subject_id, tokens.organizer_id, tokens.refresh_token) == (numbered("gat", 1), CASA, "")


@pytest.mark.parametrize("event_id", [OTHERS_SHOW, numbered("evt", 9)])
async def test_a_gate_is_enrolled_only_for_an_event_of_its_organizer(world: World, event_id: str) -> None:
    with pytest.raises(refusals.EventNotFound):
        await world.enrol(event_id=event_id)

    assert await world.rows("SELECT count(*) FROM gate") == [(0,)]


async def test_enrolling_a_gate_again_replaces_its_secret(world: World) -> None:
    old = await world.enrol()
    new = await world.enrol()

    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in_gate(old)
    await world.sign_in_gate(new)


async def test_a_gate_id_belongs_to_one_gate_of_one_organizer(world: World) -> None:
    secret = await world.enrol()

    with pytest.raises(refusals.IdInUse):
        await world.enrol(organizer_id=OTHERS, event_id=OTHERS_SHOW)
    with pytest.raises(refusals.IdInUse):
        await world.enrol(name="South gate")

    await world.sign_in_gate(secret)


async def test_a_revoked_gate_gets_no_further_tokens(world: World) -> None:
    secret = await world.enrol()

    await world.revoke_gate()
    await world.revoke_gate()

    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in_gate(secret)
    with pytest.raises(refusals.IdInUse):
        await world.enrol()


async def test_only_an_organizers_own_gates_can_be_revoked(world: World) -> None:
    secret = await world.enrol()

    for number, organizer_id in ((1, OTHERS), (2, CASA)):
        with pytest.raises(refusals.GateNotFound):
            await world.revoke_gate(number, organizer_id=organizer_id)

    await world.sign_in_gate(secret)
