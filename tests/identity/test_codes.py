"""Access codes: to whom they are sent, how often, and whom they sign in."""

import jwt
import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.facts import told
from tests.identity.lobby import ANA, BIA, BIA_ID, CASA, OTHERS, Lobby, numbered, other_than

MINUTE_S = 60


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

    (fact,) = await told(lobby.context.database)
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


async def test_a_code_is_good_for_ten_minutes(lobby: Lobby) -> None:
    in_time = await lobby.digits(await lobby.send())
    too_late = await lobby.digits(await lobby.send("bob@example.com"))

    lobby.stage.clock.advance(10 * MINUTE_S - 1)
    await lobby.redeem(in_time)
    lobby.stage.clock.advance(1)

    with pytest.raises(refusals.CodeExpired):
        await lobby.redeem(too_late, "bob@example.com")


async def test_a_wrong_code_is_refused_alike_whether_or_not_one_was_sent(lobby: Lobby) -> None:
    wrong = other_than(await lobby.digits(await lobby.send()))
    messages = set()
    for email in (ANA, "nobody@example.com"):
        with pytest.raises(refusals.CodeExpired) as refused:
            await lobby.redeem(wrong, email)
        messages.add((str(refused.value), str(refused.value.facts)))

    assert len(messages) == 1


async def test_too_many_codes_are_refused_alike_for_a_member_and_a_stranger(lobby: Lobby) -> None:
    await lobby.register()
    waits = []
    for email in (BIA, "nobody@example.com"):
        for _ in range(3):
            await lobby.send(email)
        with pytest.raises(refusals.TooManyRequests) as refused:
            await lobby.send(email)
        waits.append(refused.value.retry_after_s)

    assert waits == [10 * MINUTE_S] * 2


async def test_who_registers_an_address_that_is_not_theirs_loses_it_to_its_owner(lobby: Lobby) -> None:
    await lobby.register()
    intruder = await lobby.sign_in()

    await lobby.prove(BIA)

    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in()
    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(intruder.refresh_token)


async def test_who_proves_the_address_they_registered_keeps_the_password(lobby: Lobby) -> None:
    await lobby.register()
    before = await lobby.sign_in()

    await lobby.prove(BIA, hub=lobby.stage.member(CASA, subject_id=BIA_ID))

    await lobby.sign_in()
    await lobby.refresh(before.refresh_token)
    await lobby.prove(BIA)  # once proven, from anywhere
    await lobby.sign_in()


async def test_a_code_brings_another_password_and_ends_earlier_sign_ins(lobby: Lobby) -> None:
    await lobby.register()
    before = await lobby.sign_in()
    request = pb.RedeemAccessCodeRequest(
        email=BIA, code=await lobby.digits(await lobby.send(BIA)), new_password="another horse"
    )

    after = (await lobby.anyone.identity.RedeemAccessCode(request)).tokens

    await lobby.sign_in(BIA, "another horse")
    await lobby.refresh(after.refresh_token)
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in()
    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(before.refresh_token)


async def test_a_new_password_is_the_owners_who_is_a_participant_too(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.start(1, BIA)
    await lobby.prove(BIA)
    request = pb.RedeemAccessCodeRequest(
        email=BIA, code=await lobby.digits(await lobby.send(BIA)), new_password="another horse"
    )

    tokens = (await lobby.anyone.identity.RedeemAccessCode(request)).tokens

    assert (tokens.subject_id, tokens.organizer_id) == (BIA_ID, CASA)
    await lobby.sign_in(BIA, "another horse")
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in()
    assert (await lobby.prove(BIA)).organizer_id == ""  # without a password the participant comes back


async def test_a_new_password_is_set_for_an_account_that_works_for_nobody(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.join(2, ANA)
    await lobby.stage.member(CASA).identity.RemoveMember(pb.RemoveMemberRequest(account_id=numbered("acc", 2)))
    request = pb.RedeemAccessCodeRequest(
        email=ANA, code=await lobby.digits(await lobby.send()), new_password="some horse"
    )

    tokens = (await lobby.anyone.identity.RedeemAccessCode(request)).tokens

    assert (tokens.subject_id[:4], tokens.organizer_id) == ("gst_", "")
    await lobby.join(2, ANA)
    assert (await lobby.sign_in(ANA, "some horse")).organizer_id == CASA


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


async def test_a_member_who_proves_the_address_is_known_to_have_proven_it(lobby: Lobby) -> None:
    await lobby.register()

    proven = await lobby.prove(BIA)

    renewed = await lobby.refresh(proven.refresh_token)
    for tokens in (proven, renewed):
        claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
        assert (claims["proven"], claims["locale"]) == (True, "pt-BR")


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
    await lobby.join(2, ANA)
    await lobby.stage.member(CASA).identity.RemoveMember(pb.RemoveMemberRequest(account_id=numbered("acc", 2)))

    tokens = await lobby.prove(ANA)

    assert (tokens.subject_id[:4], tokens.organizer_id) == ("gst_", "")
