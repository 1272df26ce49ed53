"""The tries of strangers neither lock the owner of an address out nor let the strangers in."""

import pytest

from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_ORGANIZER, ROLE_OWNER
from eventhub.identity.v1 import identity_service_pb2 as pb
from services.kit.rpc.call import Caller
from tests.identity.world import ANA, BIA, BIA_ID, CASA, OTHERS, PASSWORD, World, numbered, other_than
from tests.stage import outcome

HOME = "198.51.100.7"
HOUR_S = 3_600
DAY_S = 24 * HOUR_S


def stranger(number: int) -> str:
    return f"203.0.113.{number}"


def by_password(password: str, email: str = BIA) -> pb.IssueTokenRequest:
    return pb.IssueTokenRequest(password=pb.IssueTokenRequest.Password(email=email, password=password))


async def try_password(world: World, password: str, address: str, access_token: str = "") -> str:
    """The outcome of a sign-in from a network address."""
    return await outcome(world.from_address(address, access_token).IssueToken(by_password(password)))


async def ask(world: World, address: str, email: str = ANA, access_token: str = "") -> str:
    """The outcome of a request for a code from a network address."""
    return await outcome(
        world.from_address(address, access_token).SendAccessCode(pb.SendAccessCodeRequest(email=email))
    )


async def newest_digits(world: World, email: str = ANA) -> str:
    """The digits of the newest code of an address."""
    rows = await world.rows("SELECT code_id FROM access_code WHERE email = $1 ORDER BY at_us DESC, code_id DESC", email)
    return await world.digits(rows[0][0])


async def redeem(world: World, digits: str, address: str, access_token: str = "", email: str = ANA) -> str:
    """The outcome of redeeming a code from a network address."""
    request = pb.RedeemAccessCodeRequest(email=email, code=digits)
    return await outcome(world.from_address(address, access_token).RedeemAccessCode(request))


async def register_bia(world: World) -> str:
    """Registers Bia. Returns a token of hers."""
    await world.register()
    return world.stage.token(Caller(kind=ACCESS_ORGANIZER, subject_id=BIA_ID, organizer_id=CASA, role=ROLE_OWNER))


async def begin_session(world: World, number: int, email: str) -> str:
    """Begins the n-th session with an address. Returns its token."""
    return world.stage.token(Caller(kind=ACCESS_BUYER, subject_id=(await world.start_guest(number, email)).subject_id))


async def test_wrong_passwords_count_against_their_network_address(world: World) -> None:
    await world.register()

    tries = [await try_password(world, "wrong horse", stranger(1)) for _ in range(11)]

    assert tries == ["CREDENTIALS_WRONG"] * 10 + ["TOO_MANY_REQUESTS"]
    assert await try_password(world, PASSWORD, stranger(1)) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME) == "done"


@pytest.mark.parametrize("age_s", [0, DAY_S])
async def test_a_device_with_an_earlier_token_signs_in_from_a_blocked_address(world: World, age_s: int) -> None:
    earlier = await register_bia(world)
    world.stage.clock.advance(age_s)
    for _ in range(10):
        await try_password(world, "wrong horse", HOME)

    assert await try_password(world, PASSWORD, HOME) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME, earlier) == "done"


async def test_a_strangers_token_does_not_help_at_a_blocked_address(world: World) -> None:
    await world.register()
    theirs, claimed = await begin_session(world, 1, ANA), await begin_session(world, 2, BIA)
    for _ in range(10):
        await try_password(world, "wrong horse", HOME)

    assert await try_password(world, PASSWORD, HOME, theirs) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME, claimed) == "TOO_MANY_REQUESTS"


async def test_a_token_that_only_claims_the_address_tries_only_its_own_account(world: World) -> None:
    await world.register()
    await world.register(2, 2, password="squatter horse")
    squatter = Caller(kind=ACCESS_ORGANIZER, subject_id=numbered("acc", 2), organizer_id=OTHERS, role=ROLE_OWNER)
    token = world.stage.token(squatter)

    assert await try_password(world, PASSWORD, HOME, token) == "CREDENTIALS_WRONG"
    assert await try_password(world, "squatter horse", HOME, token) == "done"
    assert await try_password(world, PASSWORD, HOME) == "done"


async def test_a_known_device_has_ten_tries_too(world: World) -> None:
    earlier = await register_bia(world)

    tries = [await try_password(world, "wrong horse", stranger(number), earlier) for number in range(11)]

    assert tries == ["CREDENTIALS_WRONG"] * 10 + ["TOO_MANY_REQUESTS"]


async def test_guessing_from_many_addresses_is_limited_and_does_not_lock_the_owner_out(world: World) -> None:
    earlier = await register_bia(world)
    for number in range(10):
        for _ in range(10):
            await try_password(world, "wrong horse", stranger(number))

    assert await try_password(world, PASSWORD, stranger(99)) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME, earlier) == "done"
    assert await ask(world, HOME, BIA) == "done"
    assert await redeem(world, await newest_digits(world, BIA), HOME, email=BIA) == "done"


async def test_a_network_address_tries_three_hundred_passwords_at_most(world: World) -> None:
    await world.register()
    assert await try_password(world, "wrong horse", HOME) == "CREDENTIALS_WRONG"
    again = "INSERT INTO attempt (counter, at_us, attempt_id) SELECT counter, at_us, attempt_id || $1 FROM attempt"
    passwords = f"{again} WHERE counter LIKE 'passwords:%' AND attempt_id LIKE 'try%'"
    for number in range(299):
        await world.run(f"{passwords} LIMIT 1", f"_{number}")

    assert await try_password(world, PASSWORD, HOME) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, stranger(1)) == "done"


async def test_the_owners_code_works_after_strangers_guesses(world: World) -> None:
    for _ in range(3):
        assert await ask(world, stranger(1)) == "done"
        world.stage.clock.advance(1)
    assert await ask(world, HOME) == "done"
    digits = await newest_digits(world)
    world.stage.clock.advance(1)

    for number in range(3):
        for _ in range(5):
            assert await redeem(world, other_than(digits), stranger(number)) == "CODE_EXPIRED"

    assert await redeem(world, digits, stranger(2)) == "CODE_EXPIRED"
    assert await redeem(world, digits, HOME) == "done"


async def test_a_later_code_of_strangers_does_not_replace_the_owners(world: World) -> None:
    await ask(world, HOME)
    digits = await newest_digits(world)
    world.stage.clock.advance(1)
    await ask(world, stranger(1))
    assert await newest_digits(world) != digits

    assert await redeem(world, digits, stranger(2)) == "CODE_EXPIRED"
    assert await redeem(world, digits, HOME) == "done"


async def test_strangers_requests_for_codes_do_not_block_the_owners(world: World) -> None:
    asked = [await ask(world, stranger(1)) for _ in range(4)]

    assert asked == ["done"] * 3 + ["TOO_MANY_REQUESTS"]
    assert await ask(world, HOME) == "done"


async def test_a_session_gets_a_code_after_strangers_have_asked_too_often(world: World) -> None:
    ana = await begin_session(world, 1, ANA)
    for _ in range(4):
        await ask(world, HOME)

    assert await ask(world, HOME, access_token=ana) == "done"
    assert await redeem(world, await newest_digits(world), HOME, ana) == "done"


async def test_strangers_sessions_with_an_address_do_not_block_its_owners_code(world: World) -> None:
    ana, theirs = await begin_session(world, 1, ANA), await begin_session(world, 2, ANA)
    for number in range(3):
        await ask(world, stranger(number), access_token=theirs)

    assert await ask(world, HOME, access_token=ana) == "done"
    digits = await newest_digits(world)
    for number in range(4):
        for _ in range(5):
            await redeem(world, other_than(digits), stranger(number), theirs)
    assert await redeem(world, digits, HOME, ana) == "done"


async def test_a_session_redeems_its_code_from_another_network_address(world: World) -> None:
    ana = await begin_session(world, 1, ANA)
    await ask(world, HOME, access_token=ana)
    digits = await newest_digits(world)
    for number in range(4):
        for _ in range(5):
            await redeem(world, other_than(digits), stranger(number))

    assert await redeem(world, digits, "192.0.2.1", ana) == "done"


async def test_strangers_send_a_mailbox_at_most_ten_codes_and_the_newest_works(world: World) -> None:
    for number in range(9):
        for _ in range(3):
            assert await ask(world, stranger(number)) == "done"

    assert await ask(world, HOME) == "done"

    assert await world.rows("SELECT count(*) FROM access_code") == [(10,)]
    assert await redeem(world, await newest_digits(world), HOME) == "done"


async def test_a_mailbox_without_tries_left_gets_a_long_code(world: World) -> None:
    for number in range(4):
        for _ in range(3):
            await ask(world, stranger(number))
    guessed = await newest_digits(world)
    for number in range(10, 14):
        for _ in range(5):
            await redeem(world, other_than(guessed), stranger(number))
    assert await redeem(world, guessed, HOME) == "CODE_EXPIRED"

    assert await ask(world, HOME) == "done"
    digits = await newest_digits(world)

    assert len(digits) == 10
    for number in range(10, 20):
        for _ in range(5):
            await redeem(world, "0123456789", stranger(number))
    assert await redeem(world, digits, "192.0.2.1") == "done"


async def test_codes_stay_long_for_a_day(world: World) -> None:
    for number in range(4):
        await ask(world, stranger(number))
        for _ in range(5):
            await redeem(world, other_than(await newest_digits(world)), stranger(number))
        world.stage.clock.advance(600)

    await ask(world, HOME)
    assert len(await newest_digits(world)) == 10
    world.stage.clock.advance(DAY_S)
    await ask(world, HOME)
    assert len(await newest_digits(world)) == 6


async def test_tagged_addresses_share_the_limit_of_their_mailbox(world: World) -> None:
    made_up = [await ask(world, stranger(1), f"ana+{number}@example.com") for number in range(20)]
    for address in range(2, 10):
        for number in range(20):
            await ask(world, stranger(address), f"ana+{number}@example.com")

    assert made_up == ["done"] * 3 + ["TOO_MANY_REQUESTS"] * 17
    assert await world.rows("SELECT count(*) FROM access_code") == [(10,)]
    assert await ask(world, HOME) == "done"  # the plain address has its own limit
    assert await world.rows("SELECT count(*) FROM access_code") == [(11,)]


async def test_a_network_address_asks_for_two_hundred_codes_at_most(world: World) -> None:
    asked = [await ask(world, HOME, f"guest{number}@example.com") for number in range(201)]

    assert asked == ["done"] * 200 + ["TOO_MANY_REQUESTS"]
    assert await ask(world, stranger(1)) == "done"


async def test_network_addresses_are_stored_as_hashes(world: World) -> None:
    await register_bia(world)
    await try_password(world, "wrong horse", HOME)
    await ask(world, HOME)

    kept = [*await world.rows("SELECT counter FROM attempt"), *await world.rows("SELECT asked_by FROM access_code")]

    assert kept
    assert not any(HOME in text for row in kept for text in row)
