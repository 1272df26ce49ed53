"""Organizers, their members and gates."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_MANAGER, ROLE_OWNER
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.identity.lobby import BIA, BIA_ID, CASA, OTHERS, OTHERS_SHOW, PASSWORD, RUI_ID, Lobby, numbered, registration

RUI = "rui@casa.example"


async def remove(lobby: Lobby, account_id: str, organizer_id: str = CASA) -> None:
    await lobby.stage.member(organizer_id).identity.RemoveMember(pb.RemoveMemberRequest(account_id=account_id))


async def test_an_organizer_registers_with_its_owner(lobby: Lobby) -> None:
    answer = await lobby.anyone.identity.RegisterOrganizer(registration())

    assert (answer.organizer_id, answer.account_id) == (CASA, BIA_ID)
    assert await lobby.members() == {BIA_ID: ROLE_OWNER}


async def test_a_repeat_of_a_registration_answers_the_same(lobby: Lobby) -> None:
    first = await lobby.anyone.identity.RegisterOrganizer(registration())
    again = await lobby.anyone.identity.RegisterOrganizer(registration(email=BIA.upper()))

    assert first == again
    assert await lobby.rows("SELECT count(*) FROM account") == [(1,)]


@pytest.mark.parametrize("change", [{"password": "another horse"}, {"name": "Caso"}, {"email": "bea@casa.example"}])
async def test_a_registration_with_other_content_is_refused(lobby: Lobby, change: dict[str, str]) -> None:
    await lobby.register()

    with pytest.raises(refusals.IdInUse):
        await lobby.anyone.identity.RegisterOrganizer(registration(**change))  # type: ignore[arg-type]  # texts only

    await lobby.sign_in(BIA, PASSWORD)


async def test_repeats_of_a_registration_are_no_way_to_guess_its_password(lobby: Lobby) -> None:
    await lobby.register()
    for number in range(9):
        with pytest.raises(refusals.CredentialsWrong):
            await lobby.sign_in(BIA, f"wrong horse {number}")
    with pytest.raises(refusals.IdInUse):
        await lobby.register(password="another horse")

    with pytest.raises(refusals.TooManyRequests):
        await lobby.register(password="another horse")


async def test_an_account_id_names_one_account(lobby: Lobby) -> None:
    await lobby.register()

    with pytest.raises(refusals.IdInUse):
        await lobby.register(2, 1, email="else@casa.example")


async def test_no_password_lies_in_the_database(lobby: Lobby) -> None:
    await lobby.register()

    (stored,) = (await lobby.rows("SELECT password_phc FROM account"))[0]
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    for path in lobby.stage.folder.glob("identity.db*"):
        assert PASSWORD.encode() not in path.read_bytes()


async def test_a_member_joins_and_changes_role(lobby: Lobby) -> None:
    await lobby.register()

    await lobby.join(2, RUI, role=ROLE_MANAGER)
    again = await lobby.add(2, RUI, role=ROLE_MANAGER)
    changed = await lobby.add(2, RUI, role=ROLE_FINANCE)

    assert (again.account_id, again.email, again.role, again.invited) == (RUI_ID, RUI, ROLE_MANAGER, False)
    assert (changed.role, changed.invited) == (ROLE_FINANCE, False)
    assert await lobby.members() == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_FINANCE}


async def test_a_member_may_work_for_several_organizers(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.register(2, 2, email=RUI, owner_name="Rui Prado")
    await lobby.prove(RUI, hub=lobby.stage.member(OTHERS, subject_id=RUI_ID))
    lobby.stage.clock.advance(1)

    await lobby.join(2, RUI, role=ROLE_FINANCE)

    assert [member.name for member in await lobby.listed()] == ["Bia", "Rui Prado"]
    assert await lobby.members(OTHERS) == {RUI_ID: ROLE_OWNER}
    assert await lobby.members(CASA) == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_FINANCE}
    assert (await lobby.sign_in(RUI)).organizer_id == OTHERS
    assert (await lobby.sign_in(RUI, organizer_id=CASA)).organizer_id == CASA


async def test_a_member_with_somebody_elses_address_is_refused(lobby: Lobby) -> None:
    await lobby.register()

    with pytest.raises(refusals.EmailInUse):
        await lobby.add(2, BIA)


async def test_a_member_with_somebody_elses_account_is_refused(lobby: Lobby) -> None:
    await lobby.register()

    with pytest.raises(refusals.IdInUse):
        await lobby.add(1, "else@casa.example")


async def test_a_removed_member_is_gone_and_may_be_removed_again(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.join(2, RUI)

    await remove(lobby, RUI_ID)
    await remove(lobby, RUI_ID)

    assert await lobby.members() == {BIA_ID: ROLE_OWNER}


async def test_a_removed_member_may_come_back(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.join(2, RUI)
    await remove(lobby, RUI_ID)

    await lobby.join(2, RUI, role=ROLE_FINANCE)

    assert await lobby.members() == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_FINANCE}


@pytest.mark.parametrize("account_id", [numbered("acc", 9), BIA_ID])
async def test_only_an_organizers_own_members_can_be_removed(lobby: Lobby, account_id: str) -> None:
    await lobby.register()
    await lobby.register(2, 2, email=RUI)

    with pytest.raises(refusals.MemberNotFound):
        await remove(lobby, account_id, OTHERS)

    assert await lobby.members(CASA) == {BIA_ID: ROLE_OWNER}


async def test_the_last_owner_can_be_neither_removed_nor_demoted(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.join(2, RUI)

    with pytest.raises(refusals.LastOwner):
        await remove(lobby, BIA_ID)
    with pytest.raises(refusals.LastOwner):
        await lobby.add(1, BIA, role=ROLE_MANAGER)

    await lobby.add(2, RUI, role=ROLE_OWNER)
    await remove(lobby, BIA_ID)
    assert await lobby.members() == {RUI_ID: ROLE_OWNER}


async def test_members_are_listed_by_address_and_only_to_their_organizer(lobby: Lobby) -> None:
    await lobby.register()
    for number, email in ((3, "zoe@casa.example"), (4, "ada@casa.example")):
        await lobby.join(number, email)

    assert list(await lobby.members()) == [numbered("acc", 4), BIA_ID, numbered("acc", 3)]
    assert await lobby.members(OTHERS) == {}


@pytest.mark.parametrize("role", [ROLE_MANAGER, ROLE_FINANCE])
async def test_only_owners_change_members(lobby: Lobby, role: int) -> None:
    await lobby.register()
    member = lobby.stage.member(CASA, role)  # type: ignore[arg-type]  # one of the contract's roles

    with pytest.raises(refusals.AccessDenied):
        await member.identity.RemoveMember(pb.RemoveMemberRequest(account_id=BIA_ID))


async def test_a_gate_is_enrolled_and_signs_in(lobby: Lobby) -> None:
    secret = await lobby.enrol()

    tokens = await lobby.sign_in_gate(secret)

    assert (tokens.subject_id, tokens.organizer_id, tokens.refresh_token) == (numbered("gat", 1), CASA, "")


@pytest.mark.parametrize("event_id", [OTHERS_SHOW, numbered("evt", 9)])
async def test_a_gate_is_enrolled_for_an_event_of_its_organizer_alone(lobby: Lobby, event_id: str) -> None:
    with pytest.raises(refusals.EventNotFound):
        await lobby.enrol(event_id=event_id)

    assert await lobby.rows("SELECT count(*) FROM gate") == [(0,)]


async def test_enrolling_a_gate_again_replaces_its_secret(lobby: Lobby) -> None:
    old = await lobby.enrol()
    new = await lobby.enrol()

    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in_gate(old)
    await lobby.sign_in_gate(new)


async def test_a_gates_id_names_one_gate_of_one_organizer(lobby: Lobby) -> None:
    secret = await lobby.enrol()

    with pytest.raises(refusals.IdInUse):
        await lobby.enrol(organizer_id=OTHERS, event_id=OTHERS_SHOW)
    with pytest.raises(refusals.IdInUse):
        await lobby.enrol(name="South gate")

    await lobby.sign_in_gate(secret)


async def test_a_revoked_gate_gets_no_further_tokens(lobby: Lobby) -> None:
    secret = await lobby.enrol()

    await lobby.revoke_gate()
    await lobby.revoke_gate()

    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in_gate(secret)
    with pytest.raises(refusals.IdInUse):
        await lobby.enrol()


async def test_only_an_organizers_own_gates_can_be_revoked(lobby: Lobby) -> None:
    secret = await lobby.enrol()

    for number, organizer_id in ((1, OTHERS), (2, CASA)):
        with pytest.raises(refusals.GateNotFound):
            await lobby.revoke_gate(number, organizer_id=organizer_id)

    await lobby.sign_in_gate(secret)
