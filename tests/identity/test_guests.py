"""Guests, the codes sent to them, and who they turn out to be."""

import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from services.kit.feed import facts_after
from tests.identity.lobby import ANA, BIA, BIA_ID, CASA, OTHERS, Lobby, numbered, other_than

GUEST, LATER, LATEST = numbered("gst", 1), numbered("gst", 2), numbered("gst", 3)
MINUTE_S = 60


async def test_a_guest_session_is_its_own_subject(lobby: Lobby) -> None:
    tokens = await lobby.start(1)

    assert (tokens.subject_id, tokens.organizer_id) == (GUEST, "")
    assert tokens.access_token
    assert tokens.refresh_token
    profile = await lobby.profile(GUEST)
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

    assert (await lobby.profile(GUEST)).name == "Ana"


async def test_a_wrong_cpf_is_refused_by_its_field(lobby: Lobby) -> None:
    with pytest.raises(refusals.InvalidRequest) as refused:
        await lobby.start(1, cpf="52998224724")

    assert list(refused.value.fields) == ["cpf"]
    assert await lobby.rows("SELECT guest_id FROM guest") == []


async def test_sending_a_code_answers_the_same_for_a_stranger(lobby: Lobby) -> None:
    await lobby.start(1)
    request = pb.SendAccessCodeRequest

    known = await lobby.anyone.identity.SendAccessCode(request(email=ANA))
    strange = await lobby.anyone.identity.SendAccessCode(request(email="nobody@example.com"))

    assert known == strange
    assert known.expires_at.seconds == lobby.stage.clock.now_us() // 1_000_000 + 10 * MINUTE_S


async def test_a_code_is_told_without_its_digits_and_address(lobby: Lobby) -> None:
    code_id = await lobby.send()
    digits = await lobby.digits(code_id)

    (fact,) = (await lobby.context.database.read(facts_after, 0)).facts
    assert (fact.type, fact.aggregate_id) == ("eventhub.identity.v1.AccessCodeIssued", code_id)
    assert digits.encode() not in fact.payload
    assert ANA.encode() not in fact.payload
    assert len(digits) == 6
    (stored,) = await lobby.rows("SELECT * FROM access_code")
    assert digits not in stored


async def test_three_codes_in_ten_minutes_are_enough(lobby: Lobby) -> None:
    for _ in range(3):
        await lobby.send()
        lobby.stage.clock.advance(60)

    with pytest.raises(refusals.TooManyRequests) as refused:
        await lobby.send()
    await lobby.send("bob@example.com")

    assert refused.value.retry_after_s == 7 * MINUTE_S
    assert await lobby.rows("SELECT count(*) FROM access_code WHERE email = $1", ANA) == [(3,)]
    lobby.stage.clock.advance(7 * MINUTE_S)
    await lobby.send()


async def test_somebody_nobody_knows_gets_a_subject_of_their_own(lobby: Lobby) -> None:
    tokens = await lobby.prove()
    again = await lobby.prove(" ana@EXAMPLE.com".strip())

    assert tokens.subject_id.startswith("gst_")
    assert again.subject_id == tokens.subject_id
    assert await lobby.merges() == []
    assert (await lobby.profile(tokens.subject_id)).email_verified


async def test_a_session_that_proves_its_address_keeps_its_subject(lobby: Lobby) -> None:
    await lobby.start(1)

    tokens = await lobby.prove(hub=lobby.stage.buyer(GUEST))

    assert tokens.subject_id == GUEST
    assert (await lobby.profile(GUEST)).email_verified
    assert await lobby.merges() == []


async def test_whoever_comes_back_is_the_same_and_their_sessions_are_merged_once(lobby: Lobby) -> None:
    await lobby.start(1)
    await lobby.prove(hub=lobby.stage.buyer(GUEST))
    await lobby.start(2)
    await lobby.start(3, "ANA@example.com")
    await lobby.start(4, "bob@example.com")

    first = await lobby.prove(hub=lobby.stage.buyer(LATER))
    second = await lobby.prove()

    assert first.subject_id == second.subject_id == GUEST
    assert sorted(await lobby.merges()) == [(LATER, GUEST), (LATEST, GUEST)]


async def test_a_session_begun_after_the_merge_is_merged_at_the_next_proof(lobby: Lobby) -> None:
    await lobby.start(1)
    await lobby.prove(hub=lobby.stage.buyer(GUEST))

    tokens = await lobby.start(2)
    assert tokens.subject_id == LATER
    assert await lobby.merges() == []

    await lobby.prove()
    assert await lobby.merges() == [(LATER, GUEST)]


async def test_a_session_begun_with_another_persons_address_never_becomes_that_person(lobby: Lobby) -> None:
    thief = await lobby.start(1, name="Ana too")

    victim = await lobby.prove()

    assert victim.subject_id != GUEST
    assert await lobby.merges() == [(GUEST, victim.subject_id)]
    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(thief.refresh_token)
    with pytest.raises(refusals.IdInUse):
        await lobby.start(1, name="Ana too")
    assert not (await lobby.profile(GUEST)).email_verified


async def test_a_session_is_over_once_its_address_is_proven(lobby: Lobby) -> None:
    before = await lobby.start(1)

    await lobby.prove(hub=lobby.stage.buyer(GUEST))

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(before.refresh_token)
    with pytest.raises(refusals.IdInUse):
        await lobby.start(1)


async def test_a_session_of_another_address_proves_nothing(lobby: Lobby) -> None:
    await lobby.start(1, "bob@example.com")

    tokens = await lobby.prove(ANA, hub=lobby.stage.buyer(GUEST))

    assert tokens.subject_id != GUEST
    assert await lobby.merges() == []


async def test_a_code_works_once(lobby: Lobby) -> None:
    digits = await lobby.digits(await lobby.send())
    await lobby.redeem(digits)

    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(digits)


async def test_a_used_code_takes_the_older_ones_with_it(lobby: Lobby) -> None:
    older = await lobby.digits(await lobby.send())
    lobby.stage.clock.advance(1)
    await lobby.redeem(await lobby.digits(await lobby.send()))

    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(older)


async def test_the_newest_code_counts(lobby: Lobby) -> None:
    older = await lobby.send()
    old_digits = await lobby.digits(older)
    lobby.stage.clock.advance(1)
    newer = await lobby.digits(await lobby.send())
    assert newer != old_digits

    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(old_digits)
    await lobby.redeem(newer)


async def test_a_code_expires(lobby: Lobby) -> None:
    digits = await lobby.digits(await lobby.send())
    lobby.stage.clock.advance(10 * MINUTE_S)

    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(digits)


async def test_a_code_has_five_tries(lobby: Lobby) -> None:
    digits = await lobby.digits(await lobby.send())
    for _ in range(4):
        with pytest.raises(refusals.CodeExpired):
            await lobby.redeem(other_than(digits))
    await lobby.redeem(digits)

    digits = await lobby.digits(await lobby.send())
    for _ in range(5):
        with pytest.raises(refusals.CodeExpired):
            await lobby.redeem(other_than(digits))
    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(digits)


async def test_a_code_is_for_its_address_alone(lobby: Lobby) -> None:
    digits = await lobby.digits(await lobby.send())

    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(digits, "bob@example.com")

    await lobby.redeem(digits)


async def test_a_members_address_signs_the_member_in(lobby: Lobby) -> None:
    await lobby.register()

    tokens = await lobby.prove(BIA)

    assert (tokens.subject_id, tokens.organizer_id) == (BIA_ID, CASA)
    assert (await lobby.refresh(tokens.refresh_token)).organizer_id == CASA


async def test_a_code_signs_in_to_the_organizer_that_is_asked_for(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.register(2, 2, email="rui@casa.example")
    await lobby.add(1, BIA, organizer_id=OTHERS)

    assert (await lobby.prove(BIA, organizer_id=OTHERS)).organizer_id == OTHERS
    assert (await lobby.prove(BIA)).organizer_id == CASA


async def test_a_code_does_not_sign_in_to_an_organizer_one_does_not_work_for(lobby: Lobby) -> None:
    await lobby.register()
    digits = await lobby.digits(await lobby.send(BIA))

    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(digits, BIA, organizer_id=OTHERS)

    assert (await lobby.redeem(digits, BIA)).organizer_id == CASA


async def test_a_member_who_works_for_nobody_any_more_is_a_guest(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.add(2, ANA)
    await lobby.stage.member(CASA).identity.RemoveMember(pb.RemoveMemberRequest(account_id=numbered("acc", 2)))

    tokens = await lobby.prove(ANA)

    assert (tokens.subject_id[:4], tokens.organizer_id) == ("gst_", "")


async def test_a_member_is_told_about_themselves(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.stage.member(CASA).identity.ListMembers(pb.ListMembersRequest())

    with pytest.raises(refusals.SubjectNotFound):  # the stage's member has no account here
        await lobby.stage.member(CASA).identity.GetProfile(pb.GetProfileRequest())
    with pytest.raises(refusals.SubjectNotFound):
        await lobby.profile("gst_unknown")
