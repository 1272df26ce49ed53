"""Guests: their sessions, and the merge of sessions into a person by a proof."""

import jwt
import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from tests.facts import settled, told
from tests.identity.world import ANA, CASA, World, numbered


async def test_a_guest_session_is_its_own_subject(world: World) -> None:
    tokens = await world.start_guest(1)

    assert (tokens.subject_id, tokens.organizer_id) == (world.guest_ids[1], "")
    assert tokens.access_token
    assert tokens.refresh_token
    profile = await world.profile(world.guest_ids[1])
    assert (profile.name, profile.email, profile.email_verified, profile.locale) == ("Ana", ANA, False, "pt-BR")


async def test_a_repeated_session_gets_fresh_tokens(world: World) -> None:
    first = await world.start_guest(1)
    again = await world.start_guest(1, "ANA@example.com")

    assert again.subject_id == first.subject_id
    assert again.refresh_token != first.refresh_token
    await world.refresh(first.refresh_token)
    await world.refresh(again.refresh_token)


@pytest.mark.parametrize("change", [{"email": "bob@example.com"}, {"name": "Bob"}, {"phone": "+5511912345678"}])
async def test_a_session_with_other_content_is_refused(world: World, change: dict[str, str]) -> None:
    await world.start_guest(1)

    with pytest.raises(refusals.IdInUse):
        await world.start_guest(1, **change)

    assert (await world.profile(world.guest_ids[1])).name == "Ana"


async def test_a_session_with_a_wrong_cpf_is_refused(world: World) -> None:
    with pytest.raises(refusals.InvalidRequest) as refused:
        await world.start_guest(1, cpf="52998224724")

    assert list(refused.value.fields) == ["cpf"]
    assert await world.rows("SELECT guest_id FROM guest") == []


async def test_a_proof_of_a_new_address_makes_one_guest(world: World) -> None:
    tokens = await world.prove()
    again = await world.prove(" ana@EXAMPLE.com".strip())

    assert tokens.subject_id.startswith("gst_")
    assert again.subject_id == tokens.subject_id
    assert await world.merges() == []
    assert (await world.profile(tokens.subject_id)).email_verified


async def test_a_session_that_proves_its_address_keeps_its_subject(world: World) -> None:
    await world.start_guest(1)

    tokens = await world.prove(hub=world.stage.buyer(world.guest_ids[1]))

    assert tokens.subject_id == world.guest_ids[1]
    assert (await world.profile(world.guest_ids[1])).email_verified
    assert await world.merges() == []


async def test_a_returning_guest_is_recognized_and_their_sessions_are_merged_once(world: World) -> None:
    await world.start_guest(1)
    await world.prove(hub=world.stage.buyer(world.guest_ids[1]))
    await world.start_guest(2)
    await world.start_guest(3, "ANA@example.com")
    await world.start_guest(4, "bob@example.com")

    first = await world.prove(hub=world.stage.buyer(world.guest_ids[2]))
    second = await world.prove()

    assert first.subject_id == second.subject_id == world.guest_ids[1]
    assert set(await world.merges()) == {
        (world.guest_ids[2], world.guest_ids[1]),
        (world.guest_ids[3], world.guest_ids[1]),
    }


async def test_merges_of_unproven_sessions_are_announced_once(world: World) -> None:
    await world.start_guest(1)
    await world.start_guest(2)
    first, second = await world.prove(), await world.prove(hub=world.stage.buyer(world.guest_ids[2]))

    await settled(world.context.database)
    batch = (await anext(aiter(world.mesh("orders").Feed(pb.FeedRequest(consumer="orders"))))).batch

    told = [GuestMerged.FromString(fact.payload) for fact in batch.facts if fact.type.endswith(".GuestMerged")]
    assert first.subject_id == second.subject_id
    assert {(fact.from_subject_id, fact.into_subject_id) for fact in told} == {
        (world.guest_ids[1], first.subject_id),
        (world.guest_ids[2], first.subject_id),
    }


async def test_a_merged_session_sees_only_its_own_data(world: World) -> None:
    await world.start_guest(1, name="Ana Terra")
    await world.prove(hub=world.stage.buyer(world.guest_ids[1]))
    await world.start_guest(2, name="Bea")
    await world.prove()

    # The access token from before the merge is still good; the session has not proven the address.
    session = await world.profile(world.guest_ids[2])

    assert (session.subject_id, session.name, session.email_verified) == (world.guest_ids[2], "Bea", False)


async def test_a_session_begun_after_the_merge_is_merged_at_the_next_proof(world: World) -> None:
    await world.start_guest(1)
    await world.prove(hub=world.stage.buyer(world.guest_ids[1]))

    tokens = await world.start_guest(2)
    assert tokens.subject_id == world.guest_ids[2]
    assert await world.merges() == []

    await world.prove()
    assert await world.merges() == [(world.guest_ids[2], world.guest_ids[1])]


async def test_a_session_begun_with_another_persons_address_never_becomes_that_person(world: World) -> None:
    thief = await world.start_guest(1, name="Ana too")

    victim = await world.prove()

    assert victim.subject_id != world.guest_ids[1]
    assert await world.merges() == [(world.guest_ids[1], victim.subject_id)]
    assert (await world.refresh(thief.refresh_token)).subject_id == thief.subject_id
    assert (await world.start_guest(1, name="Ana too")).subject_id == thief.subject_id
    assert not (await world.profile(world.guest_ids[1])).email_verified


async def test_a_proof_ends_the_sessions_earlier_tokens(world: World) -> None:
    before = await world.start_guest(1)

    await world.prove(hub=world.stage.buyer(world.guest_ids[1]))

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(before.refresh_token)
    with pytest.raises(refusals.IdInUse):
        await world.start_guest(1)


async def test_a_session_of_another_address_does_not_become_the_person(world: World) -> None:
    await world.start_guest(1, "bob@example.com")

    tokens = await world.prove(ANA, hub=world.stage.buyer(world.guest_ids[1]))

    assert tokens.subject_id != world.guest_ids[1]
    assert await world.merges() == []


async def test_a_subject_without_an_account_has_no_profile(world: World) -> None:
    await world.register()
    await world.stage.member(CASA).identity.ListMembers(pb.ListMembersRequest())

    with pytest.raises(refusals.SubjectNotFound):  # the stage's member has no account in identity
        await world.stage.member(CASA).identity.GetProfile(pb.GetProfileRequest())
    with pytest.raises(refusals.SubjectNotFound):
        await world.profile("gst_unknown")


async def test_a_subject_and_its_contact_data_do_not_give_its_session(world: World) -> None:
    buyer = await world.start_guest(1)

    viewer = await world.anyone.identity.StartGuest(
        pb.StartGuestRequest(guest_id=buyer.subject_id, name="Ana", email=ANA)
    )

    assert viewer.tokens.subject_id not in (buyer.subject_id, numbered("gst", 1))
    assert await world.rows("SELECT count(*) FROM guest WHERE guest_id = $1", numbered("gst", 1)) == [(0,)]


async def test_the_secret_of_a_session_is_not_stored(world: World) -> None:
    await world.start_guest(1)
    await world.prove()

    for table in ("guest", "refresh_token", "outbox", "turn"):
        assert numbered("gst", 1) not in str(await world.rows(f"SELECT * FROM {table}"))


async def test_the_token_of_a_proof_has_a_position_after_its_merges(world: World) -> None:
    await world.start_guest(1)

    tokens = await world.prove()

    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    assert claims["proven"], "the token of the proof says so, and not only the next one"
    ((epoch,),) = await world.rows("SELECT epoch FROM feed_head")
    facts = await told(world.context.database)
    merged = [fact.position for fact in facts if fact.type.endswith(".GuestMerged")]
    assert claims["known"].partition(":")[0] == epoch
    assert int(claims["known"].partition(":")[2]) >= max(merged)
    started = jwt.decode((await world.start_guest(2)).access_token, options={"verify_signature": False})
    assert "known" not in started
