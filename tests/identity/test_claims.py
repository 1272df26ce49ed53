"""Any number of accounts may claim an address until one of them proves it. A claim costs the owner nothing."""

import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.facts import told
from tests.identity.world import BIA, BIA_ID, CASA, OTHERS, PASSWORD, World, numbered, registration

SQUATTER, SQUATTERS_PASSWORD = numbered("acc", 2), "squatter horse"


async def announced_claims(world: World) -> list[str]:
    """The accounts that were announced to the owner of their address."""
    facts = await told(world.context.database)
    return [fact.aggregate_id for fact in facts if fact.type.endswith(".AddressClaimed")]


async def test_registering_answers_the_same_for_an_address_that_has_an_account(world: World) -> None:
    await world.register()

    answer = await world.anyone.identity.RegisterOrganizer(registration(2, 2, email=BIA.upper()))
    again = await world.anyone.identity.RegisterOrganizer(registration(2, 2))

    assert answer == again == pb.RegisterOrganizerResponse(organizer_id=OTHERS, account_id=SQUATTER)
    assert await announced_claims(world) == [SQUATTER]


async def test_each_account_of_an_address_has_a_password_of_its_own(world: World) -> None:
    await world.register()
    await world.prove(BIA, hub=world.stage.member(CASA, subject_id=BIA_ID))
    await world.register(2, 2, password=SQUATTERS_PASSWORD)

    owner, squatter = await world.sign_in(), await world.sign_in(BIA, SQUATTERS_PASSWORD)

    assert (owner.subject_id, owner.organizer_id) == (BIA_ID, CASA)
    assert (squatter.subject_id, squatter.organizer_id) == (SQUATTER, OTHERS)
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in(BIA, SQUATTERS_PASSWORD, CASA)
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in(BIA, "wrong horse")


async def test_a_squatter_does_not_lock_the_owner_of_an_address_out(world: World) -> None:
    await world.register(2, 2, password=SQUATTERS_PASSWORD)
    world.stage.clock.advance(1)

    await world.register()

    assert (await world.sign_in()).organizer_id == CASA
    proven = await world.prove(BIA, hub=world.stage.member(CASA, subject_id=BIA_ID))
    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, CASA)
    assert (await world.sign_in()).organizer_id == CASA
    assert await world.roles() == {BIA_ID: 1}


async def test_a_proof_from_elsewhere_belongs_to_the_first_account(world: World) -> None:
    await world.register()
    world.stage.clock.advance(1)
    await world.register(2, 2, password=SQUATTERS_PASSWORD)

    proven = await world.prove(BIA)

    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, CASA)
    assert (await world.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS


async def test_a_proof_from_elsewhere_may_name_the_later_organizer(world: World) -> None:
    await world.register(2, 2, password=SQUATTERS_PASSWORD)
    world.stage.clock.advance(1)
    await world.register()

    proven = await world.prove(BIA, organizer_id=CASA)

    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, CASA)
    assert (await world.prove(BIA)).organizer_id == CASA
    assert (await world.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS


async def test_a_new_password_is_set_for_the_first_account(world: World) -> None:
    await world.register()
    world.stage.clock.advance(1)
    await world.register(2, 2, password=SQUATTERS_PASSWORD)

    tokens = await world.prove(BIA, password="new horses")

    assert tokens.organizer_id == CASA
    assert (await world.sign_in(BIA, "new horses")).organizer_id == CASA


async def test_a_later_claim_takes_nothing_from_a_proven_account(world: World) -> None:
    await world.register()
    await world.prove(BIA, hub=world.stage.member(CASA, subject_id=BIA_ID))
    world.stage.clock.advance(1)
    await world.register(2, 2, password=SQUATTERS_PASSWORD)

    assert (await world.prove(BIA)).organizer_id == CASA
    assert (await world.prove(BIA, password="new horses")).organizer_id == CASA

    assert (await world.sign_in(BIA, "new horses")).organizer_id == CASA
    assert (await world.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS


async def test_a_proof_that_names_an_organizer_joins_two_accounts_of_one_address(world: World) -> None:
    await world.register()
    await world.prove(BIA, hub=world.stage.member(CASA, subject_id=BIA_ID))
    await world.register(2, 2, password=SQUATTERS_PASSWORD)
    session = await world.sign_in(BIA, SQUATTERS_PASSWORD)

    proven = await world.prove(BIA, organizer_id=OTHERS)

    assert (proven.subject_id, proven.organizer_id) == (BIA_ID, OTHERS)
    assert await world.roles(OTHERS) == {BIA_ID: 1}
    assert (await world.sign_in(BIA, PASSWORD, OTHERS)).subject_id == BIA_ID
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in(BIA, SQUATTERS_PASSWORD)
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(session.refresh_token)


async def test_claims_of_an_address_are_announced_once_a_day(world: World) -> None:
    await world.register()
    for number in range(2, 6):
        await world.register(number, number)

    assert await announced_claims(world) == [SQUATTER]
    world.stage.clock.advance(86_400)
    await world.register(6, 6)
    assert await announced_claims(world) == [SQUATTER, numbered("acc", 6)]


async def test_the_first_account_of_an_address_is_not_announced(world: World) -> None:
    await world.register()

    assert await announced_claims(world) == []


async def test_a_flood_of_claims_hides_neither_the_first_account_nor_the_last(world: World) -> None:
    await world.register()
    claim = """INSERT INTO account (account_id, email, name, password_phc, locale, at_us)
               SELECT $1, email, name, '', locale, at_us + $2 FROM account WHERE account_id = $3"""
    for number in range(250):
        await world.run(claim, f"acc_squatter{number}", number + 1, BIA_ID)
    world.stage.clock.advance(1)
    await world.register(2, 2, password=SQUATTERS_PASSWORD)

    assert (await world.sign_in()).organizer_id == CASA
    assert (await world.sign_in(BIA, SQUATTERS_PASSWORD)).organizer_id == OTHERS
