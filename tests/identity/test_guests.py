"""Guests, and who they turn out to be."""

import jwt
import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from tests.facts import settled, told
from tests.identity.lobby import ANA, CASA, Lobby, numbered


async def test_a_guest_session_is_its_own_subject(lobby: Lobby) -> None:
    tokens = await lobby.start(1)

    assert (tokens.subject_id, tokens.organizer_id) == (lobby.guest(1), "")
    assert tokens.access_token
    assert tokens.refresh_token
    profile = await lobby.profile(lobby.guest(1))
    assert (profile.name, profile.email, profile.email_verified, profile.locale) == ("Ana", ANA, False, "pt-BR")


async def test_a_repeat_gives_fresh_tokens(lobby: Lobby) -> None:
    first = await lobby.start(1)
    again = await lobby.start(1, "ANA@example.com")

    assert again.subject_id == first.subject_id
    assert again.refresh_token != first.refresh_token
    await lobby.refresh(first.refresh_token)
    await lobby.refresh(again.refresh_token)


@pytest.mark.parametrize("change", [{"email": "bob@example.com"}, {"name": "Bob"}, {"phone": "+5511912345678"}])
async def test_a_session_with_other_content_is_refused(lobby: Lobby, change: dict[str, str]) -> None:
    await lobby.start(1)

    with pytest.raises(refusals.IdInUse):
        await lobby.start(1, **change)

    assert (await lobby.profile(lobby.guest(1))).name == "Ana"


async def test_a_wrong_cpf_is_refused_by_its_field(lobby: Lobby) -> None:
    with pytest.raises(refusals.InvalidRequest) as refused:
        await lobby.start(1, cpf="52998224724")

    assert list(refused.value.fields) == ["cpf"]
    assert await lobby.rows("SELECT guest_id FROM guest") == []


async def test_somebody_nobody_knows_gets_a_subject_of_their_own(lobby: Lobby) -> None:
    tokens = await lobby.prove()
    again = await lobby.prove(" ana@EXAMPLE.com".strip())

    assert tokens.subject_id.startswith("gst_")
    assert again.subject_id == tokens.subject_id
    assert await lobby.merges() == []
    assert (await lobby.profile(tokens.subject_id)).email_verified


async def test_a_session_that_proves_its_address_keeps_its_subject(lobby: Lobby) -> None:
    await lobby.start(1)

    tokens = await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))

    assert tokens.subject_id == lobby.guest(1)
    assert (await lobby.profile(lobby.guest(1))).email_verified
    assert await lobby.merges() == []


async def test_whoever_comes_back_is_the_same_and_their_sessions_are_merged_once(lobby: Lobby) -> None:
    await lobby.start(1)
    await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))
    await lobby.start(2)
    await lobby.start(3, "ANA@example.com")
    await lobby.start(4, "bob@example.com")

    first = await lobby.prove(hub=lobby.stage.buyer(lobby.guest(2)))
    second = await lobby.prove()

    assert first.subject_id == second.subject_id == lobby.guest(1)
    assert set(await lobby.merges()) == {(lobby.guest(2), lobby.guest(1)), (lobby.guest(3), lobby.guest(1))}


async def test_unproven_sessions_of_two_devices_are_merged_and_the_others_are_told_once(lobby: Lobby) -> None:
    await lobby.start(1)
    await lobby.start(2)
    first, second = await lobby.prove(), await lobby.prove(hub=lobby.stage.buyer(lobby.guest(2)))

    await settled(lobby.context.database)
    batch = (await anext(aiter(lobby.mesh("orders").Feed(pb.FeedRequest(consumer="orders"))))).batch

    told = [GuestMerged.FromString(fact.payload) for fact in batch.facts if fact.type.endswith(".GuestMerged")]
    assert first.subject_id == second.subject_id
    assert {(fact.from_subject_id, fact.into_subject_id) for fact in told} == {
        (lobby.guest(1), first.subject_id),
        (lobby.guest(2), first.subject_id),
    }


async def test_a_merged_session_is_told_only_what_it_said_itself(lobby: Lobby) -> None:
    await lobby.start(1, name="Ana Terra")
    await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))
    await lobby.start(2, name="Somebody")
    await lobby.prove()

    session = await lobby.profile(lobby.guest(2))  # by an access token that is still good: it never proved the address

    assert (session.subject_id, session.name, session.email_verified) == (lobby.guest(2), "Somebody", False)


async def test_a_session_begun_after_the_merge_is_merged_at_the_next_proof(lobby: Lobby) -> None:
    await lobby.start(1)
    await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))

    tokens = await lobby.start(2)
    assert tokens.subject_id == lobby.guest(2)
    assert await lobby.merges() == []

    await lobby.prove()
    assert await lobby.merges() == [(lobby.guest(2), lobby.guest(1))]


async def test_a_session_begun_with_another_persons_address_never_becomes_that_person(lobby: Lobby) -> None:
    thief = await lobby.start(1, name="Ana too")

    victim = await lobby.prove()

    assert victim.subject_id != lobby.guest(1)
    assert await lobby.merges() == [(lobby.guest(1), victim.subject_id)]
    assert (await lobby.refresh(thief.refresh_token)).subject_id == thief.subject_id
    assert (await lobby.start(1, name="Ana too")).subject_id == thief.subject_id
    assert not (await lobby.profile(lobby.guest(1))).email_verified


async def test_a_session_is_over_once_its_address_is_proven(lobby: Lobby) -> None:
    before = await lobby.start(1)

    await lobby.prove(hub=lobby.stage.buyer(lobby.guest(1)))

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(before.refresh_token)
    with pytest.raises(refusals.IdInUse):
        await lobby.start(1)


async def test_a_session_of_another_address_proves_nothing(lobby: Lobby) -> None:
    await lobby.start(1, "bob@example.com")

    tokens = await lobby.prove(ANA, hub=lobby.stage.buyer(lobby.guest(1)))

    assert tokens.subject_id != lobby.guest(1)
    assert await lobby.merges() == []


async def test_a_member_is_told_about_themselves(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.stage.member(CASA).identity.ListMembers(pb.ListMembersRequest())

    with pytest.raises(refusals.SubjectNotFound):  # the stage's member has no account here
        await lobby.stage.member(CASA).identity.GetProfile(pb.GetProfileRequest())
    with pytest.raises(refusals.SubjectNotFound):
        await lobby.profile("gst_unknown")


async def test_who_knows_a_buyers_subject_and_contact_data_does_not_become_the_buyer(lobby: Lobby) -> None:
    buyer = await lobby.start(1)

    viewer = await lobby.anyone.identity.StartGuest(
        pb.StartGuestRequest(guest_id=buyer.subject_id, name="Ana", email=ANA)
    )

    assert viewer.tokens.subject_id not in (buyer.subject_id, numbered("gst", 1))
    assert await lobby.rows("SELECT count(*) FROM guest WHERE guest_id = $1", numbered("gst", 1)) == [(0,)]


async def test_a_sessions_secret_is_kept_nowhere(lobby: Lobby) -> None:
    await lobby.start(1)
    await lobby.prove()

    for table in ("guest", "refresh_token", "outbox", "turn"):
        assert numbered("gst", 1) not in str(await lobby.rows(f"SELECT * FROM {table}"))


async def test_a_proof_says_where_history_stood_once_its_merges_were_told(lobby: Lobby) -> None:
    await lobby.start(1)

    tokens = await lobby.prove()

    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    ((epoch,),) = await lobby.rows("SELECT epoch FROM feed_head")
    facts = await told(lobby.context.database)
    merged = [fact.position for fact in facts if fact.type.endswith(".GuestMerged")]
    assert claims["known"].partition(":")[0] == epoch
    assert int(claims["known"].partition(":")[2]) >= max(merged)
    started = jwt.decode((await lobby.start(2)).access_token, options={"verify_signature": False})
    assert "known" not in started
