"""Sixteen calls at once have the effect of one after the other."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest

from eventhub import refusals
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_OWNER
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import TokensRevoked
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.refusal import Refusal
from services.identity.keys import hashed
from tests.facts import told
from tests.identity.world import ANA, BIA, BIA_ID, CASA, World, numbered, other_than, registration

T = TypeVar("T")
MANY = range(16)


async def at_once(*calls: Awaitable[T]) -> tuple[list[T], list[str]]:
    """Makes calls at once. Returns the answers, and the reasons of the refusals."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    won = [answer for answer in answers if not isinstance(answer, BaseException)]
    lost = [answer.reason for answer in answers if isinstance(answer, Refusal)]
    assert len(won) + len(lost) == len(answers), answers
    return won, lost


async def test_one_code_is_redeemed_once(world: World) -> None:
    digits = await world.digits(await world.send_code())

    won, lost = await at_once(*(world.redeem(digits) for _ in MANY))

    assert len(won) == 1
    assert lost == ["CODE_EXPIRED"] * 15
    assert await world.rows("SELECT count(*) FROM guest") == [(1,)]


async def test_guessing_codes_at_once_gains_no_tries(world: World) -> None:
    digits = await world.digits(await world.send_code())
    identity = world.in_process()
    guesses = [other_than(digits)] * 16

    won, lost = await at_once(
        *(identity.RedeemAccessCode(pb.RedeemAccessCodeRequest(email=ANA, code=guess)) for guess in guesses)
    )

    assert won == []
    assert lost == ["CODE_EXPIRED"] * 16
    assert await world.rows("SELECT count(*) FROM attempt WHERE counter LIKE 'code:%:strangers'") == [(5,)]
    with pytest.raises(refusals.CodeExpired):
        await identity.RedeemAccessCode(pb.RedeemAccessCodeRequest(email=ANA, code=digits))
    await world.redeem(digits)


async def test_one_refresh_token_is_used_once_and_its_sign_in_ends(world: World) -> None:
    tokens = await world.start_guest(1)

    won, lost = await at_once(*(world.refresh(tokens.refresh_token) for _ in MANY))

    assert len(won) == 1
    assert lost == ["TOKEN_INVALID"] * 15
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(won[0].refresh_token)


async def test_the_same_organizer_is_registered_once(world: World) -> None:
    await asyncio.gather(*(world.register() for _ in MANY))

    assert await world.rows("SELECT count(*) FROM account") == [(1,)]
    assert list(await world.roles()) == [BIA_ID]


async def test_one_of_sixteen_accounts_gets_the_address_that_all_claim(world: World) -> None:
    won, lost = await at_once(*(world.register(n, n) for n in range(1, 17)))
    assert (len(won), lost) == (16, [])

    digits = await world.digits(await world.send_code(BIA))
    proofs = (world.redeem(digits, BIA, organizer_id=numbered("org", n)) for n in range(1, 17))
    won_it, _ = await at_once(*proofs)

    assert len(won_it) == 1
    assert await world.rows("SELECT count(*) FROM account WHERE verified = 1") == [(1,)]


async def test_sixteen_sign_ins_at_once_are_independent(world: World) -> None:
    await world.register()

    won, lost = await at_once(*(world.sign_in() for _ in MANY))

    assert lost == []
    assert len({tokens.refresh_token for tokens in won}) == 16
    for tokens in won:
        await world.refresh(tokens.refresh_token)


async def test_sixteen_revocations_at_once_revoke(world: World) -> None:
    secret = await world.enrol()
    tokens = await world.start_guest(1)
    guest = world.stage.buyer(tokens.subject_id)

    await asyncio.gather(*(world.revoke_gate() for _ in MANY))
    revoke = pb.RevokeTokenRequest(refresh_token=tokens.refresh_token)
    await asyncio.gather(*(guest.identity.RevokeToken(revoke) for _ in MANY))

    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in_gate(secret)
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(tokens.refresh_token)


async def test_three_codes_are_sent_for_sixteen_requests(world: World) -> None:
    won, lost = await at_once(*(world.send_code() for _ in MANY))

    assert len(won) == 3
    assert lost == ["TOO_MANY_REQUESTS"] * 13


async def test_each_wrong_secret_counts(world: World) -> None:
    await world.enrol()

    won, lost = await at_once(*(world.sign_in_gate("wrong") for _ in MANY))

    assert won == []
    assert sorted(lost) == ["CREDENTIALS_WRONG"] * 10 + ["TOO_MANY_REQUESTS"] * 6


async def test_one_organizer_id_is_given_once(world: World) -> None:
    register = world.anyone.identity.RegisterOrganizer
    requests = [registration(1, number, email=f"owner{number}@casa.example") for number in MANY]

    won, lost = await at_once(*(register(request) for request in requests))

    assert len(won) == 1
    assert lost == ["ID_IN_USE"] * 15
    assert await world.rows("SELECT count(*) FROM account") == [(1,)]


async def test_one_guest_id_is_given_once(world: World) -> None:
    won, lost = await at_once(*(world.start_guest(1, f"ana{number}@example.com") for number in MANY))

    assert len(won) == 1
    assert lost == ["ID_IN_USE"] * 15


async def test_one_address_is_invited_once(world: World) -> None:
    await world.register()

    won, lost = await at_once(*(world.invite(number, "rui@casa.example") for number in range(2, 18)))

    assert len(won) == 1
    assert lost == ["EMAIL_IN_USE"] * 15


async def test_of_sixteen_owners_that_leave_one_stays(world: World) -> None:
    await world.register()
    for number in range(2, 17):
        await world.join(number, f"owner{number}@casa.example", role=ROLE_OWNER)
    owner: EventHub = world.stage.member(CASA)
    leave = [pb.RemoveMemberRequest(account_id=numbered("acc", number)) for number in range(1, 17)]

    won, lost = await at_once(*(owner.identity.RemoveMember(request) for request in leave))

    assert len(won) == 15
    assert lost == ["LAST_OWNER"]
    assert list((await world.roles()).values()) == [ROLE_OWNER]


async def test_one_gate_id_is_given_once(world: World) -> None:
    won, lost = await at_once(*(world.enrol(name=f"Gate {number}") for number in MANY))

    assert len(won) == 1
    assert lost == ["ID_IN_USE"] * 15


async def test_one_of_sixteen_gate_secrets_works_and_the_others_are_revoked_once(world: World) -> None:
    secrets, _ = await at_once(*(world.enrol() for _ in MANY))

    facts = await told(world.context.database)
    revoked = [TokensRevoked.FromString(fact.payload) for fact in facts if fact.type.endswith(".TokensRevoked")]
    ((good,),) = await world.rows("SELECT secret_hash FROM gate")
    former = {f"sec_{hashed(secret)[:32]}" for secret in secrets if hashed(secret) != good}
    assert {secret_id for fact in revoked for secret_id in fact.revoked_ids} == former
    assert (len(revoked), len(former)) == (15, 15)


async def test_sessions_are_merged_once_by_many_proofs(world: World) -> None:
    for number in range(1, 17):
        await world.start_guest(number)
    codes = []
    for _ in range(3):
        codes.append(await world.digits(await world.send_code()))
        world.stage.clock.advance(1)

    *earlier, newest = codes
    won, _ = await at_once(*(world.redeem(digits, ANA) for digits in [newest] * 8 + earlier * 2))

    assert len({tokens.subject_id for tokens in won}) == 1
    assert len(await world.merges()) == 16


async def test_guessing_passwords_at_once_gains_no_tries(world: World) -> None:
    await world.register()

    won, lost = await at_once(*(world.sign_in(BIA, "wrong horse") for _ in MANY))

    assert won == []
    assert sorted(lost) == ["CREDENTIALS_WRONG"] * 10 + ["TOO_MANY_REQUESTS"] * 6
    with pytest.raises(refusals.TooManyRequests):
        await world.sign_in(BIA)


@pytest.mark.parametrize("turn", range(8))
async def test_a_proof_ends_a_session_that_is_renewed_at_the_same_time(world: World, turn: int) -> None:
    begun = await world.start_guest(1)
    digits = await world.digits(await world.send_code())

    renewed, proven = await asyncio.gather(
        world.refresh(begun.refresh_token),
        world.redeem(digits, hub=world.stage.buyer(begun.subject_id)),
        return_exceptions=True,
    )

    assert isinstance(proven, Tokens)
    assert proven.subject_id == begun.subject_id
    if isinstance(renewed, Tokens):
        with pytest.raises(refusals.TokenInvalid):
            await world.refresh(renewed.refresh_token)
