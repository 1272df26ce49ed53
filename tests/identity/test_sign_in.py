"""Passwords, secrets, refresh tokens, and the brakes on guessing."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_MANAGER
from eventhub.identity.v1 import identity_service_pb2 as pb
from services.identity.door.sweeper import Sweeper
from services.kit.rpc.tokens import LIFETIME_S
from tests.identity.lobby import BIA, BIA_ID, CASA, OTHERS, RUI_ID, Lobby, numbered

DAY_S = 86_400
RUI = "rui@casa.example"


async def revoke(lobby: Lobby, refresh_token: str) -> None:
    await lobby.anyone.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=refresh_token))


async def test_a_member_signs_in_by_password(lobby: Lobby) -> None:
    await lobby.register()

    tokens = await lobby.sign_in("BIA@casa.example")

    assert (tokens.subject_id, tokens.organizer_id) == (BIA_ID, CASA)
    assert tokens.expires_at.seconds == lobby.stage.clock.now_us() // 1_000_000 + LIFETIME_S


@pytest.mark.parametrize(
    ("email", "password", "organizer_id"),
    [
        (BIA, "wrong horse", ""),
        ("nobody@casa.example", "correct horse", ""),
        (BIA, "correct horse", OTHERS),
        (RUI, "correct horse", ""),
    ],
)
async def test_what_does_not_fit_is_refused_alike(lobby: Lobby, email: str, password: str, organizer_id: str) -> None:
    await lobby.register()
    await lobby.add(2, RUI)

    with pytest.raises(refusals.CredentialsWrong) as refused:
        await lobby.sign_in(email, password, organizer_id)

    assert refused.value.facts == {}


async def test_ten_wrong_passwords_shut_the_door_for_a_while(lobby: Lobby) -> None:
    await lobby.register()
    for _ in range(10):
        with pytest.raises(refusals.CredentialsWrong):
            await lobby.sign_in(BIA, "wrong horse")
        lobby.stage.clock.advance(1)

    with pytest.raises(refusals.TooManyRequests) as refused:
        await lobby.sign_in()
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in("nobody@casa.example")

    assert refused.value.retry_after_s == 590
    lobby.stage.clock.advance(590)
    await lobby.sign_in()


async def test_a_right_try_forgets_the_wrong_ones(lobby: Lobby) -> None:
    secret = await lobby.enrol()
    for _ in range(2):
        for _ in range(6):
            with pytest.raises(refusals.CredentialsWrong):
                await lobby.sign_in_gate("wrong")
        await lobby.sign_in_gate(secret)


async def test_ten_wrong_secrets_are_enough_and_shut_out_nobody_who_has_the_right_one(lobby: Lobby) -> None:
    secret = await lobby.enrol()
    for _ in range(10):
        with pytest.raises(refusals.CredentialsWrong):
            await lobby.sign_in_gate("wrong")

    with pytest.raises(refusals.TooManyRequests):
        await lobby.sign_in_gate("wrong")
    await lobby.sign_in_gate(secret)


async def test_an_unknown_gate_is_refused(lobby: Lobby) -> None:
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in_gate("secret", 9)


async def test_the_operator_signs_in_with_the_secret_of_the_data_folder(lobby: Lobby) -> None:
    secret = (lobby.stage.folder / "operator.key").read_text().strip()

    tokens = await lobby.issue(operator=pb.IssueTokenRequest.Operator(secret=secret))

    assert (tokens.subject_id, tokens.refresh_token) == ("operator", "")
    for _ in range(10):
        with pytest.raises(refusals.CredentialsWrong):
            await lobby.issue(operator=pb.IssueTokenRequest.Operator(secret="wrong"))
    with pytest.raises(refusals.TooManyRequests):
        await lobby.issue(operator=pb.IssueTokenRequest.Operator(secret="wrong"))
    await lobby.issue(operator=pb.IssueTokenRequest.Operator(secret=secret))


async def test_a_refresh_token_works_once_for_the_next(lobby: Lobby) -> None:
    tokens = await lobby.start(1)
    for _ in range(3):
        successor = await lobby.refresh(tokens.refresh_token)
        assert successor.subject_id == tokens.subject_id
        assert successor.refresh_token != tokens.refresh_token
        tokens = successor


async def test_using_a_refresh_token_again_ends_the_whole_sign_in(lobby: Lobby) -> None:
    await lobby.register()
    first, elsewhere = await lobby.sign_in(), await lobby.sign_in()
    second = await lobby.refresh(first.refresh_token)
    third = await lobby.refresh(second.refresh_token)

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(first.refresh_token)

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(third.refresh_token)
    await lobby.refresh(elsewhere.refresh_token)


async def test_a_used_token_ends_the_sign_in_even_after_its_own_time(lobby: Lobby) -> None:
    first = await lobby.start(1)
    lobby.stage.clock.advance(20 * DAY_S)
    second = await lobby.refresh(first.refresh_token)
    lobby.stage.clock.advance(20 * DAY_S)

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(first.refresh_token)

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(second.refresh_token)


async def test_a_refresh_token_expires(lobby: Lobby) -> None:
    tokens = await lobby.start(1)
    lobby.stage.clock.advance(30 * DAY_S)

    with pytest.raises(refusals.TokenExpired):
        await lobby.refresh(tokens.refresh_token)


@pytest.mark.parametrize("made_up", ["made up", "é" * 64])
async def test_a_made_up_refresh_token_is_invalid(lobby: Lobby, made_up: str) -> None:
    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(made_up)


async def test_no_refresh_token_lies_in_the_database(lobby: Lobby) -> None:
    tokens = await lobby.start(1)

    assert all(tokens.refresh_token not in row for row in await lobby.rows("SELECT * FROM refresh_token"))


async def test_revoking_ends_a_sign_in_by_any_of_its_tokens(lobby: Lobby) -> None:
    first, elsewhere = await lobby.start(1), await lobby.start(1)
    second = await lobby.refresh(first.refresh_token)

    await revoke(lobby, first.refresh_token)
    await revoke(lobby, first.refresh_token)
    await revoke(lobby, "unknown")

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(second.refresh_token)
    await lobby.refresh(elsewhere.refresh_token)


async def test_a_removed_members_sign_in_ends_for_that_organizer_alone(lobby: Lobby) -> None:
    await lobby.register()
    await lobby.register(2, 2, email=RUI)
    await lobby.prove(RUI, hub=lobby.stage.member(OTHERS, subject_id=RUI_ID))
    await lobby.join(2, RUI)
    here, there = await lobby.sign_in(RUI, organizer_id=CASA), await lobby.sign_in(RUI, organizer_id=OTHERS)

    await lobby.stage.member(CASA).identity.RemoveMember(pb.RemoveMemberRequest(account_id=RUI_ID))

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(here.refresh_token)
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in(RUI, organizer_id=CASA)
    await lobby.refresh(there.refresh_token)


async def test_coming_back_does_not_revive_old_sign_ins(lobby: Lobby) -> None:
    await lobby.register()
    tokens = await lobby.join(2, RUI, role=ROLE_MANAGER)
    await lobby.stage.member(CASA).identity.RemoveMember(pb.RemoveMemberRequest(account_id=RUI_ID))
    await lobby.join(2, RUI, role=ROLE_FINANCE)

    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(tokens.refresh_token)


async def test_what_ended_long_ago_is_forgotten_and_nothing_else(lobby: Lobby) -> None:
    old = await lobby.start(1)
    await lobby.send()
    with pytest.raises(refusals.CredentialsWrong):
        await lobby.sign_in("nobody@casa.example")
    lobby.stage.clock.advance(61 * DAY_S)
    fresh = await lobby.start(2)
    lobby.stage.clock.advance(2 * DAY_S)

    await Sweeper(lobby.context.database, lobby.stage.clock).sweep()

    for table in ("access_code", "attempt", "turn"):
        assert await lobby.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    with pytest.raises(refusals.TokenInvalid):
        await lobby.refresh(old.refresh_token)
    await lobby.refresh(fresh.refresh_token)
    assert len(await lobby.rows("SELECT guest_id FROM guest")) == 2


async def test_signing_keys_are_shown_to_anyone(lobby: Lobby) -> None:
    (key,) = (await lobby.anyone.identity.GetSigningKeys(pb.GetSigningKeysRequest())).keys

    assert len(key.x) == 43
    assert key.key_id
    assert numbered("gst", 1) not in str(key)
