"""Until an address is proven anybody may register with it, and nobody loses anything by it."""

import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.facts import told
from tests.identity.lobby import BIA, BIA_ID, CASA, OTHERS, PASSWORD, Lobby, numbered, registration

SQUATTER, SQUATTERS_PASSWORD = numbered("acc", 2), "squatter horse"


async def claimed(lobby: Lobby) -> list[str]:
    """The accounts whose address was told of them."""
    facts = await told(lobby.context.database)
    return [fact.aggregate_id for fact in facts if fact.type.endswith(".AddressClaimed")]


async def test_registering_answers_the_same_for_an_address_that_has_an_account(lobby: Lobby) -> None:
    await lobby.register()

    answer = await lobby.anyone.identity.RegisterOrganizer(registration(2, 2, email=BIA.upper()))
    again = await lobby.anyone.identity.RegisterOrganizer(registration(2, 2))

    assert answer == again == pb.RegisterOrganizerResponse(organizer_id=OTHERS, account_id=SQUATTER)
    assert await claimed(lobby) == [SQUATTER]


async def test_each_account_of_an_address_has_a_password_of_its_own(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.prove(BIA, hub=lobby.stage.member(CASA, subject_id=BIA_ID))
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)

    owner, squatter = await lobby.sign_in(), await lobby.sign_in(BIA, SQUATTERS_PASSWORD)

    assert (owner.subject_id, owner.organizer_id) == (BIA_ID, CASA)
    assert (squatter.subject_id, squatter.organizer_id) == (SQUATTER, OTHERS)
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in(BIA, SQUATTERS_PASSWORD, CASA)
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in(BIA, "wrong horse")


async def test_a_squatter_does_not_keep_the_owner_of_an_address_out(lobby: Lobby) -> None:
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)
    lobby.stage.clock.advance(1)

    await lobby.register()

    assert (await lobby.sign_in()).organizer_id == CASA
    proven = await lobby.prove(BIA, hub=lobby.stage.member(CASA, subject_id=BIA_ID))
    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, CASA)
    assert (await lobby.sign_in()).organizer_id == CASA
    assert await lobby.members() == {BIA_ID: 1}


async def test_who_proves_an_address_from_elsewhere_has_the_account_that_was_there_first(lobby: Lobby) -> None:
    await lobby.register()
    lobby.stage.clock.advance(1)
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)

    proven = await lobby.prove(BIA)

    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, CASA)
    assert (await lobby.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS


async def test_who_proves_an_address_from_elsewhere_names_the_organizer_that_came_later(lobby: Lobby) -> None:
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)
    lobby.stage.clock.advance(1)
    await lobby.register()

    proven = await lobby.prove(BIA, organizer_id=CASA)

    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, CASA)
    assert (await lobby.prove(BIA)).organizer_id == CASA
    assert (await lobby.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS


async def test_a_new_password_is_that_of_the_account_that_was_there_first(lobby: Lobby) -> None:
    await lobby.register()
    lobby.stage.clock.advance(1)
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)
    digits = await lobby.digits(await lobby.send(BIA))
    reset = pb.RedeemAccessCodeRequest(email=BIA, code=digits, new_password="new horses")

    tokens = (await lobby.anyone.identity.RedeemAccessCode(reset)).tokens

    assert tokens.organizer_id == CASA
    assert (await lobby.sign_in(BIA, "new horses")).organizer_id == CASA


async def test_a_claim_made_later_takes_nothing_from_the_account_that_is_proven(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.prove(BIA, hub=lobby.stage.member(CASA, subject_id=BIA_ID))
    lobby.stage.clock.advance(1)
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)

    assert (await lobby.prove(BIA)).organizer_id == CASA
    reset = pb.RedeemAccessCodeRequest(
        email=BIA, code=await lobby.digits(await lobby.send(BIA)), new_password="new horses"
    )
    assert (await lobby.anyone.identity.RedeemAccessCode(reset)).tokens.organizer_id == CASA

    assert (await lobby.sign_in(BIA, "new horses")).organizer_id == CASA
    assert (await lobby.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS


async def test_two_organizers_registered_with_one_address_are_one_persons_once_named(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.prove(BIA, hub=lobby.stage.member(CASA, subject_id=BIA_ID))
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)
    session = await lobby.sign_in(BIA, SQUATTERS_PASSWORD)

    proven = await lobby.prove(BIA, organizer_id=OTHERS)

    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, OTHERS)
    assert await lobby.members(OTHERS) == {BIA_ID: 1}
    assert (await lobby.sign_in(BIA, PASSWORD, OTHERS)).subject_id == BIA_ID
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in(BIA, SQUATTERS_PASSWORD)
    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(session.refresh_token)


async def test_an_owner_is_told_of_claims_once_a_day(lobby: Lobby) -> None:
    await lobby.register()
    for number in range(2, 6):
        await lobby.register(number, number)

    assert await claimed(lobby) == [SQUATTER]
    lobby.stage.clock.advance(86_400)
    await lobby.register(6, 6)
    assert await claimed(lobby) == [SQUATTER, numbered("acc", 6)]


async def test_a_first_account_is_told_nobody(lobby: Lobby) -> None:
    await lobby.register()

    assert await claimed(lobby) == []


async def test_a_flood_of_claims_hides_neither_the_first_account_nor_the_last(lobby: Lobby) -> None:
    await lobby.register()
    claim = """INSERT INTO account (account_id, email, name, password_phc, locale, at_us)
               SELECT $1, email, name, '', locale, at_us + $2 FROM account WHERE account_id = $3"""
    for number in range(250):
        await lobby.run(claim, f"acc_squatter{number}", number + 1, BIA_ID)
    lobby.stage.clock.advance(1)
    await lobby.register(2, 2, password=SQUATTERS_PASSWORD)

    assert (await lobby.sign_in()).organizer_id == CASA
    assert (await lobby.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS
