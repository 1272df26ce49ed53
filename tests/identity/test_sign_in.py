"""Sign-ins by password and secret, refresh tokens, and the limits on guessing."""

import pytest

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_FINANCE, ROLE_MANAGER
from eventhub.identity.v1 import identity_service_pb2 as pb
from services.identity.signin.worker import Sweeper
from services.kit.rpc.tokens import LIFETIME_S
from tests.identity.world import BIA, BIA_ID, CASA, OTHERS, RUI_ID, World, numbered

DAY_S = 86_400
RUI = "rui@casa.example"


async def revoke(world: World, refresh_token: str) -> None:
    await world.anyone.identity.RevokeToken(pb.RevokeTokenRequest(refresh_token=refresh_token))


async def test_a_member_signs_in_by_password(world: World) -> None:
    await world.register()

    tokens = await world.sign_in("BIA@casa.example")

    assert (tokens.subject_id, tokens.organizer_id) == (BIA_ID, CASA)
    assert tokens.expires_at.seconds == world.stage.clock.now_us() // 1_000_000 + LIFETIME_S


@pytest.mark.parametrize(
    ("email", "password", "organizer_id"),
    [
        (BIA, "wrong horse", ""),
        ("nobody@casa.example", "correct horse", ""),
        (BIA, "correct horse", OTHERS),
        (RUI, "correct horse", ""),
    ],
)
async def test_each_wrong_sign_in_is_refused_alike(world: World, email: str, password: str, organizer_id: str) -> None:
    await world.register()
    await world.invite(2, RUI)

    with pytest.raises(refusals.CredentialsWrong) as refused:
        await world.sign_in(email, password, organizer_id)

    assert refused.value.facts == {}


async def test_after_ten_wrong_passwords_sign_ins_are_refused_for_a_while(world: World) -> None:
    await world.register()
    for _ in range(10):
        with pytest.raises(refusals.CredentialsWrong):
            await world.sign_in(BIA, "wrong horse")
        world.stage.clock.advance(1)

    with pytest.raises(refusals.TooManyRequests) as refused:
        await world.sign_in()
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in("nobody@casa.example")

    assert refused.value.retry_after_s == 590
    world.stage.clock.advance(590)
    await world.sign_in()


async def test_a_right_secret_clears_the_count_of_wrong_ones(world: World) -> None:
    secret = await world.enrol()
    for _ in range(2):
        for _ in range(6):
            with pytest.raises(refusals.CredentialsWrong):
                await world.sign_in_gate("wrong")
        await world.sign_in_gate(secret)


async def test_after_ten_wrong_secrets_only_the_right_one_is_accepted(world: World) -> None:
    secret = await world.enrol()
    for _ in range(10):
        with pytest.raises(refusals.CredentialsWrong):
            await world.sign_in_gate("wrong")

    with pytest.raises(refusals.TooManyRequests):
        await world.sign_in_gate("wrong")
    await world.sign_in_gate(secret)


async def test_an_unknown_gate_is_refused(world: World) -> None:
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in_gate("secret", 9)


async def test_the_operator_signs_in_with_the_secret_of_the_data_folder(world: World) -> None:
    secret = (world.stage.folder / "operator.key").read_text().strip()

    tokens = await world.issue(operator=pb.IssueTokenRequest.Operator(secret=secret))

    assert (tokens.subject_id, tokens.refresh_token) == ("operator", "")
    for _ in range(10):
        with pytest.raises(refusals.CredentialsWrong):
            await world.issue(operator=pb.IssueTokenRequest.Operator(secret="wrong"))
    with pytest.raises(refusals.TooManyRequests):
        await world.issue(operator=pb.IssueTokenRequest.Operator(secret="wrong"))
    await world.issue(operator=pb.IssueTokenRequest.Operator(secret=secret))


async def test_a_refresh_token_is_exchanged_for_the_next(world: World) -> None:
    tokens = await world.start_guest(1)
    for _ in range(3):
        successor = await world.refresh(tokens.refresh_token)
        assert successor.subject_id == tokens.subject_id
        assert successor.refresh_token != tokens.refresh_token
        tokens = successor


async def test_using_a_refresh_token_again_ends_the_whole_sign_in(world: World) -> None:
    await world.register()
    first, elsewhere = await world.sign_in(), await world.sign_in()
    second = await world.refresh(first.refresh_token)
    third = await world.refresh(second.refresh_token)

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(first.refresh_token)

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(third.refresh_token)
    await world.refresh(elsewhere.refresh_token)


async def test_an_expired_used_token_ends_the_sign_in_too(world: World) -> None:
    first = await world.start_guest(1)
    world.stage.clock.advance(20 * DAY_S)
    second = await world.refresh(first.refresh_token)
    world.stage.clock.advance(20 * DAY_S)

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(first.refresh_token)

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(second.refresh_token)


async def test_a_refresh_token_expires(world: World) -> None:
    tokens = await world.start_guest(1)
    world.stage.clock.advance(30 * DAY_S)

    with pytest.raises(refusals.TokenExpired):
        await world.refresh(tokens.refresh_token)


@pytest.mark.parametrize("made_up", ["made up", "é" * 64])
async def test_a_made_up_refresh_token_is_invalid(world: World, made_up: str) -> None:
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(made_up)


async def test_no_refresh_token_is_stored_in_plain_text(world: World) -> None:
    tokens = await world.start_guest(1)

    assert all(tokens.refresh_token not in row for row in await world.rows("SELECT * FROM refresh_token"))


async def test_revoking_ends_a_sign_in_by_any_of_its_tokens(world: World) -> None:
    first, elsewhere = await world.start_guest(1), await world.start_guest(1)
    second = await world.refresh(first.refresh_token)

    await revoke(world, first.refresh_token)
    await revoke(world, first.refresh_token)
    await revoke(world, "unknown")

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(second.refresh_token)
    await world.refresh(elsewhere.refresh_token)


async def test_a_removed_members_sign_in_ends_only_for_that_organizer(world: World) -> None:
    await world.register()
    await world.register(2, 2, email=RUI)
    await world.prove(RUI, hub=world.stage.member(OTHERS, subject_id=RUI_ID))
    await world.join(2, RUI)
    here, there = await world.sign_in(RUI, organizer_id=CASA), await world.sign_in(RUI, organizer_id=OTHERS)

    await world.remove(RUI_ID)

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(here.refresh_token)
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in(RUI, organizer_id=CASA)
    await world.refresh(there.refresh_token)


async def test_joining_again_does_not_revive_old_sign_ins(world: World) -> None:
    await world.register()
    tokens = await world.join(2, RUI, role=ROLE_MANAGER)
    await world.remove(RUI_ID)
    await world.join(2, RUI, role=ROLE_FINANCE)

    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(tokens.refresh_token)


async def test_only_rows_that_expired_long_ago_are_deleted(world: World) -> None:
    old = await world.start_guest(1)
    await world.send_code()
    with pytest.raises(refusals.CredentialsWrong):
        await world.sign_in("nobody@casa.example")
    world.stage.clock.advance(61 * DAY_S)
    fresh = await world.start_guest(2)
    world.stage.clock.advance(2 * DAY_S)

    await Sweeper(world.context.database, world.stage.clock).sweep()

    for table in ("access_code", "attempt", "turn"):
        assert await world.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    with pytest.raises(refusals.TokenInvalid):
        await world.refresh(old.refresh_token)
    await world.refresh(fresh.refresh_token)
    assert len(await world.rows("SELECT guest_id FROM guest")) == 2


async def test_signing_keys_are_public(world: World) -> None:
    (key,) = (await world.anyone.identity.GetSigningKeys(pb.GetSigningKeysRequest())).keys

    assert len(key.x) == 43
    assert key.key_id
    assert numbered("gst", 1) not in str(key)
