"""A person becomes a member by accepting, and an invitation reveals nothing about other accounts."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_MANAGER, ROLE_OWNER
from eventhub.identity.v1.identity_events_pb2 import MemberInvited
from tests.facts import told
from tests.identity.world import BIA, BIA_ID, CASA, OTHERS, PASSWORD, RUI_ID, World, numbered

RUI = "rui@casa.example"


async def invitations(world: World) -> list[tuple[str, str]]:
    """The invitations that were announced for mailing: organizer and account."""
    facts = [fact for fact in await told(world.context.database) if fact.type.endswith(".MemberInvited")]
    invited = [MemberInvited.FromString(fact.payload) for fact in facts]
    return [(fact.organizer_id, fact.account_id) for fact in invited]


async def test_an_invited_person_is_no_member_before_accepting(world: World) -> None:
    await world.register()

    member = await world.invite(2, RUI)

    assert (member.account_id, member.email, member.role, member.invited) == (RUI_ID, RUI, ROLE_MANAGER, True)
    assert [(member.account_id, member.invited) for member in await world.list_members()] == [
        (BIA_ID, False),
        (RUI_ID, True),
    ]
    assert await invitations(world) == [(CASA, RUI_ID)]
    assert (await world.prove(RUI)).organizer_id == ""  # a sign-in alone does not accept
    assert await world.roles() == {BIA_ID: ROLE_OWNER}


async def test_an_invitation_is_accepted_by_a_code_for_the_organizer(world: World) -> None:
    await world.register()
    await world.invite(2, RUI)

    tokens = await world.prove(RUI, organizer_id=CASA)

    assert (tokens.subject_id, tokens.organizer_id) == (RUI_ID, CASA)
    assert await world.roles() == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_MANAGER}
    assert (await world.refresh(tokens.refresh_token)).organizer_id == CASA
    assert (await world.prove(RUI)).organizer_id == CASA


async def test_a_repeated_invitation_is_mailed_once_and_its_role_may_change(world: World) -> None:
    await world.register()
    first = await world.invite(2, RUI)

    assert await world.invite(2, RUI) == first
    changed = await world.invite(2, RUI, role=ROLE_FINANCE)

    assert (changed.role, changed.invited) == (ROLE_FINANCE, True)
    assert await invitations(world) == [(CASA, RUI_ID)]
    await world.prove(RUI, organizer_id=CASA)
    assert await world.roles() == {BIA_ID: ROLE_OWNER, RUI_ID: ROLE_FINANCE}


async def test_an_invitation_answers_the_same_for_an_address_that_has_an_account(world: World) -> None:
    await world.register()
    await world.register(2, 9, email=RUI, owner_name="Rui Prado")
    await world.prove(RUI)

    known = await world.invite(2, RUI)
    strange = await world.invite(3, "nobody@casa.example")

    known.account_id = strange.account_id = known.email = strange.email = ""
    assert known == strange
    assert "Prado" not in str(await world.list_members())


async def test_an_invitation_is_accepted_with_an_existing_account(world: World) -> None:
    await world.register()
    await world.register(2, 9, email=RUI, owner_name="Rui Prado")
    rui = numbered("acc", 9)
    await world.prove(RUI, hub=world.stage.member(OTHERS, subject_id=rui))
    await world.invite(2, RUI)

    tokens = await world.prove(RUI, organizer_id=CASA)

    assert (tokens.subject_id, tokens.organizer_id) == (rui, CASA)
    assert await world.roles() == {BIA_ID: ROLE_OWNER, rui: ROLE_MANAGER}
    assert (await world.sign_in(RUI, PASSWORD, CASA)).subject_id == rui
    again = await world.invite(2, RUI, role=ROLE_FINANCE)  # the invitation's id still names the member
    assert (again.account_id, again.role, again.name, again.invited) == (rui, ROLE_FINANCE, "Rui Prado", False)
    await world.remove(RUI_ID)
    assert await world.roles() == {BIA_ID: ROLE_OWNER}
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(tokens.refresh_token)
    await world.join(2, RUI)
    assert await world.roles() == {BIA_ID: ROLE_OWNER, rui: ROLE_MANAGER}


async def test_an_invitation_can_be_withdrawn(world: World) -> None:
    await world.register()
    await world.invite(2, RUI, role=ROLE_OWNER)
    digits = await world.digits(await world.send_code(RUI))

    await world.remove(RUI_ID)

    assert [member.account_id for member in await world.list_members()] == [BIA_ID]
    with pytest.raises(refusals.CodeExpired):
        await world.redeem(digits, RUI, organizer_id=CASA)


async def test_an_invited_owner_does_not_count_as_an_owner(world: World) -> None:
    await world.register()
    await world.invite(2, RUI, role=ROLE_OWNER)

    with pytest.raises(refusals.LastOwner):
        await world.remove(BIA_ID)


async def test_an_invitation_does_not_change_another_account_of_the_address(world: World) -> None:
    await world.register()
    await world.register(2, 2, email=RUI)

    await world.invite(3, RUI)

    assert (await world.sign_in(RUI)).organizer_id == OTHERS
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in(RUI, PASSWORD, CASA)


async def test_an_organizer_mails_at_most_a_hundred_invitations_a_day(world: World) -> None:
    await world.register()
    for number in range(100, 200):
        await world.invite(number, f"member{number}@casa.example")

    with pytest.raises(refusals.TooManyRequests):
        await world.invite(2, RUI)
    await world.invite(100, "member100@casa.example", role=ROLE_FINANCE)  # a repeat needs no mail

    world.stage.clock.advance(86_400)
    await world.invite(2, RUI)


async def test_an_address_is_invited_with_one_account_id(world: World) -> None:
    await world.register()
    await world.invite(2, RUI)

    with pytest.raises(refusals.EmailInUse):
        await world.invite(3, RUI)
    with pytest.raises(refusals.IdInUse):
        await world.invite(2, "else@casa.example")
    with pytest.raises(refusals.EmailInUse):
        await world.invite(3, BIA)
