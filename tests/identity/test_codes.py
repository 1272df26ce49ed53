"""Access codes: when they are sent, how often they may be tried, and the person that they sign in."""

import jwt
import pytest

from eventhub import refusals
from eventhub.identity.v1 import identity_service_pb2 as pb
from tests.facts import told
from tests.identity.world import ANA, BIA, BIA_ID, CASA, OTHERS, World, numbered, other_than

MINUTE_S = 60


async def test_sending_a_code_answers_the_same_for_an_unknown_address(world: World) -> None:
    await world.start_guest(1)
    request = pb.SendAccessCodeRequest

    known = await world.anyone.identity.SendAccessCode(request(email=ANA))
    strange = await world.anyone.identity.SendAccessCode(request(email="nobody@example.com"))

    assert known == strange
    assert known.expires_at.seconds == world.stage.clock.now_us() // 1_000_000 + 10 * MINUTE_S


async def test_a_code_is_announced_without_its_digits_and_address(world: World) -> None:
    code_id = await world.send_code()
    digits = await world.digits(code_id)

    (fact,) = await told(world.context.database)
    assert (fact.type, fact.aggregate_id) == ("eventhub.identity.v1.AccessCodeIssued", code_id)
    assert digits.encode() not in fact.payload
    assert ANA.encode() not in fact.payload
    assert len(digits) == 6
    (stored,) = await world.rows("SELECT * FROM access_code")
    assert digits not in stored


async def test_at_most_three_codes_are_sent_in_ten_minutes(world: World) -> None:
    for _ in range(3):
        await world.send_code()
        world.stage.clock.advance(60)

    with pytest.raises(refusals.TooManyRequests) as refused:
        await world.send_code()
    await world.send_code("bob@example.com")

    assert refused.value.retry_after_s == 7 * MINUTE_S
    assert await world.rows("SELECT count(*) FROM access_code WHERE email = $1", ANA) == [(3,)]
    world.stage.clock.advance(7 * MINUTE_S)
    await world.send_code()


async def test_a_code_works_once(world: World) -> None:
    digits = await world.digits(await world.send_code())
    await world.redeem(digits)

    with pytest.raises(refusals.CodeExpired):
        await world.redeem(digits)


async def test_a_used_code_invalidates_the_older_codes(world: World) -> None:
    older = await world.digits(await world.send_code())
    world.stage.clock.advance(1)
    await world.redeem(await world.digits(await world.send_code()))

    with pytest.raises(refusals.CodeExpired):
        await world.redeem(older)


async def test_only_the_newest_code_works(world: World) -> None:
    older = await world.send_code()
    old_digits = await world.digits(older)
    world.stage.clock.advance(1)
    newer = await world.digits(await world.send_code())
    assert newer != old_digits

    with pytest.raises(refusals.CodeExpired):
        await world.redeem(old_digits)
    await world.redeem(newer)


async def test_a_code_works_for_ten_minutes(world: World) -> None:
    in_time = await world.digits(await world.send_code())
    too_late = await world.digits(await world.send_code("bob@example.com"))

    world.stage.clock.advance(10 * MINUTE_S - 1)
    await world.redeem(in_time)
    world.stage.clock.advance(1)

    with pytest.raises(refusals.CodeExpired):
        await world.redeem(too_late, "bob@example.com")


async def test_a_wrong_code_is_refused_alike_whether_or_not_one_was_sent(world: World) -> None:
    wrong = other_than(await world.digits(await world.send_code()))
    messages = set()
    for email in (ANA, "nobody@example.com"):
        with pytest.raises(refusals.CodeExpired) as refused:
            await world.redeem(wrong, email)
        messages.add((str(refused.value), str(refused.value.facts)))

    assert len(messages) == 1


async def test_too_many_codes_are_refused_alike_for_a_member_and_a_stranger(world: World) -> None:
    await world.register()
    waits = []
    for email in (BIA, "nobody@example.com"):
        for _ in range(3):
            await world.send_code(email)
        with pytest.raises(refusals.TooManyRequests) as refused:
            await world.send_code(email)
        waits.append(refused.value.retry_after_s)

    assert waits == [10 * MINUTE_S] * 2


async def test_an_account_with_another_persons_address_is_lost_to_its_owner(world: World) -> None:
    await world.register()
    intruder = await world.sign_in()

    await world.prove(BIA)

    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in()
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(intruder.refresh_token)


async def test_a_member_that_proves_the_registered_address_keeps_the_password(world: World) -> None:
    await world.register()
    before = await world.sign_in()

    await world.prove(BIA, hub=world.stage.member(CASA, subject_id=BIA_ID))

    await world.sign_in()
    await world.refresh(before.refresh_token)
    await world.prove(BIA)  # once the address is proven, a proof from anywhere keeps the password
    await world.sign_in()


async def test_a_code_sets_a_new_password_and_ends_earlier_sign_ins(world: World) -> None:
    await world.register()
    before = await world.sign_in()

    after = await world.prove(BIA, password="another horse")

    await world.sign_in(BIA, "another horse")
    await world.refresh(after.refresh_token)
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in()
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(before.refresh_token)


async def test_a_new_password_signs_a_participant_in_as_the_owner(world: World) -> None:
    await world.register()
    await world.start_guest(1, BIA)
    await world.prove(BIA)

    tokens = await world.prove(BIA, password="another horse")

    assert (tokens.subject_id, tokens.organizer_id) == (BIA_ID, CASA)
    await world.sign_in(BIA, "another horse")
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in()
    assert (await world.prove(BIA)).organizer_id == ""  # without a password it is the participant's sign-in


async def test_a_new_password_is_set_for_an_account_without_an_organizer(world: World) -> None:
    await world.register()
    await world.join(2, ANA)
    await world.remove(numbered("acc", 2))

    tokens = await world.prove(ANA, password="some horse")

    assert (tokens.subject_id[:4], tokens.organizer_id) == ("gst_", "")
    await world.join(2, ANA)
    assert (await world.sign_in(ANA, "some horse")).organizer_id == CASA


async def test_a_code_has_five_tries(world: World) -> None:
    digits = await world.digits(await world.send_code())
    for _ in range(4):
        with pytest.raises(refusals.CodeExpired):
            await world.redeem(other_than(digits))
    await world.redeem(digits)

    digits = await world.digits(await world.send_code())
    for _ in range(5):
        with pytest.raises(refusals.CodeExpired):
            await world.redeem(other_than(digits))
    with pytest.raises(refusals.CodeExpired):
        await world.redeem(digits)


async def test_a_code_works_only_for_its_address(world: World) -> None:
    digits = await world.digits(await world.send_code())

    with pytest.raises(refusals.CodeExpired):
        await world.redeem(digits, "bob@example.com")

    await world.redeem(digits)


async def test_a_code_to_a_members_address_signs_the_member_in(world: World) -> None:
    await world.register()

    tokens = await world.prove(BIA)

    assert (tokens.subject_id, tokens.organizer_id) == (BIA_ID, CASA)
    assert (await world.refresh(tokens.refresh_token)).organizer_id == CASA


async def test_the_tokens_of_a_proof_say_that_the_address_is_proven(world: World) -> None:
    await world.register()

    proven = await world.prove(BIA)

    renewed = await world.refresh(proven.refresh_token)
    for tokens in (proven, renewed):
        claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
        assert (claims["proven"], claims["locale"]) == (True, "pt-BR")


async def test_a_code_signs_in_to_the_requested_organizer(world: World) -> None:
    await world.register()
    await world.register(2, 2, email="rui@casa.example")
    await world.invite(1, BIA, organizer_id=OTHERS)

    assert (await world.prove(BIA, organizer_id=OTHERS)).organizer_id == OTHERS
    assert (await world.prove(BIA)).organizer_id == CASA


async def test_a_code_does_not_sign_in_to_an_organizer_without_a_membership(world: World) -> None:
    await world.register()
    digits = await world.digits(await world.send_code(BIA))

    with pytest.raises(refusals.CodeExpired):
        await world.redeem(digits, BIA, organizer_id=OTHERS)

    assert (await world.redeem(digits, BIA)).organizer_id == CASA


async def test_a_code_signs_a_removed_member_in_as_a_guest(world: World) -> None:
    await world.register()
    await world.join(2, ANA)
    await world.remove(numbered("acc", 2))

    tokens = await world.prove(ANA)

    assert (tokens.subject_id[:4], tokens.organizer_id) == ("gst_", "")
