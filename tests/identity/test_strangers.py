"""What strangers try costs the owner of an address nothing, and gains the strangers nothing either."""

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
    """How a sign-in from an address ends."""
    return await outcome(world.from_address(address, access_token).IssueToken(by_password(password)))


async def ask(world: World, address: str, email: str = ANA, access_token: str = "") -> str:
    """How asking for a code from an address ends."""
    return await outcome(
        world.from_address(address, access_token).SendAccessCode(pb.SendAccessCodeRequest(email=email))
    )


async def newest(world: World, email: str = ANA) -> str:
    """The digits in the newest mail to an address."""
    rows = await world.rows("SELECT code_id FROM access_code WHERE email = $1 ORDER BY at_us DESC, code_id DESC", email)
    return await world.digits(rows[0][0])


async def type_in(world: World, digits: str, address: str, access_token: str = "", email: str = ANA) -> str:
    """How typing a code in at an address ends."""
    request = pb.RedeemAccessCodeRequest(email=email, code=digits)
    return await outcome(world.from_address(address, access_token).RedeemAccessCode(request))


async def registered(world: World) -> str:
    """Bia has registered; a token of hers."""
    await world.register()
    return world.stage.token(Caller(kind=ACCESS_ORGANIZER, subject_id=BIA_ID, organizer_id=CASA, role=ROLE_OWNER))


async def begun(world: World, number: int, email: str) -> str:
    """The token of a session that somebody has begun with an address."""
    return world.stage.token(Caller(kind=ACCESS_BUYER, subject_id=(await world.start_guest(number, email)).subject_id))


async def test_wrong_passwords_count_against_the_address_they_come_from(world: World) -> None:
    await world.register()

    tries = [await try_password(world, "wrong horse", stranger(1)) for _ in range(11)]

    assert tries == ["CREDENTIALS_WRONG"] * 10 + ["TOO_MANY_REQUESTS"]
    assert await try_password(world, PASSWORD, stranger(1)) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME) == "done"


@pytest.mark.parametrize("age_s", [0, DAY_S])
async def test_a_device_with_an_earlier_token_is_let_in_from_an_address_that_is_shut(world: World, age_s: int) -> None:
    earlier = await registered(world)
    world.stage.clock.advance(age_s)
    for _ in range(10):
        await try_password(world, "wrong horse", HOME)

    assert await try_password(world, PASSWORD, HOME) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME, earlier) == "done"


async def test_a_strangers_token_opens_nothing(world: World) -> None:
    await world.register()
    theirs, claimed = await begun(world, 1, ANA), await begun(world, 2, BIA)
    for _ in range(10):
        await try_password(world, "wrong horse", HOME)

    assert await try_password(world, PASSWORD, HOME, theirs) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME, claimed) == "TOO_MANY_REQUESTS"


async def test_a_token_that_only_claims_the_address_tries_its_own_account_alone(world: World) -> None:
    await world.register()
    await world.register(2, 2, password="squatter horse")
    squatter = Caller(kind=ACCESS_ORGANIZER, subject_id=numbered("acc", 2), organizer_id=OTHERS, role=ROLE_OWNER)
    token = world.stage.token(squatter)

    assert await try_password(world, PASSWORD, HOME, token) == "CREDENTIALS_WRONG"
    assert await try_password(world, "squatter horse", HOME, token) == "done"
    assert await try_password(world, PASSWORD, HOME) == "done"


async def test_a_device_that_is_known_has_ten_tries_too(world: World) -> None:
    earlier = await registered(world)

    tries = [await try_password(world, "wrong horse", stranger(number), earlier) for number in range(11)]

    assert tries == ["CREDENTIALS_WRONG"] * 10 + ["TOO_MANY_REQUESTS"]


async def test_guessing_from_many_addresses_is_bounded_and_leaves_the_owner_in(world: World) -> None:
    earlier = await registered(world)
    for number in range(10):
        for _ in range(10):
            await try_password(world, "wrong horse", stranger(number))

    assert await try_password(world, PASSWORD, stranger(99)) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, HOME, earlier) == "done"
    assert await ask(world, HOME, BIA) == "done"
    assert await type_in(world, await newest(world, BIA), HOME, email=BIA) == "done"


async def test_one_address_tries_three_hundred_passwords_of_many_accounts(world: World) -> None:
    await world.register()
    assert await try_password(world, "wrong horse", HOME) == "CREDENTIALS_WRONG"
    again = "INSERT INTO attempt (counter, at_us, attempt_id) SELECT counter, at_us, attempt_id || $1 FROM attempt"
    passwords = f"{again} WHERE counter LIKE 'passwords:%' AND attempt_id LIKE 'try%'"
    for number in range(299):
        await world.run(f"{passwords} LIMIT 1", f"_{number}")

    assert await try_password(world, PASSWORD, HOME) == "TOO_MANY_REQUESTS"
    assert await try_password(world, PASSWORD, stranger(1)) == "done"


async def test_strangers_guesses_leave_the_owners_code_good(world: World) -> None:
    for _ in range(3):
        assert await ask(world, stranger(1)) == "done"
        world.stage.clock.advance(1)
    assert await ask(world, HOME) == "done"
    digits = await newest(world)
    world.stage.clock.advance(1)

    for number in range(3):
        for _ in range(5):
            assert await type_in(world, other_than(digits), stranger(number)) == "CODE_EXPIRED"

    assert await type_in(world, digits, stranger(2)) == "CODE_EXPIRED"
    assert await type_in(world, digits, HOME) == "done"


async def test_a_code_that_strangers_ask_for_later_does_not_outdate_the_owners(world: World) -> None:
    await ask(world, HOME)
    digits = await newest(world)
    world.stage.clock.advance(1)
    await ask(world, stranger(1))
    assert await newest(world) != digits

    assert await type_in(world, digits, stranger(2)) == "CODE_EXPIRED"
    assert await type_in(world, digits, HOME) == "done"


async def test_strangers_codes_block_no_further_one(world: World) -> None:
    asked = [await ask(world, stranger(1)) for _ in range(4)]

    assert asked == ["done"] * 3 + ["TOO_MANY_REQUESTS"]
    assert await ask(world, HOME) == "done"


async def test_a_session_asks_for_itself_where_strangers_have_asked_too_often(world: World) -> None:
    ana = await begun(world, 1, ANA)
    for _ in range(4):
        await ask(world, HOME)

    assert await ask(world, HOME, access_token=ana) == "done"
    assert await type_in(world, await newest(world), HOME, ana) == "done"


async def test_sessions_that_strangers_begin_with_an_address_keep_no_code_from_its_owner(world: World) -> None:
    ana, theirs = await begun(world, 1, ANA), await begun(world, 2, ANA)
    for number in range(3):
        await ask(world, stranger(number), access_token=theirs)

    assert await ask(world, HOME, access_token=ana) == "done"
    digits = await newest(world)
    for number in range(4):
        for _ in range(5):
            await type_in(world, other_than(digits), stranger(number), theirs)
    assert await type_in(world, digits, HOME, ana) == "done"


async def test_a_session_types_in_elsewhere_what_it_asked_for_at_home(world: World) -> None:
    ana = await begun(world, 1, ANA)
    await ask(world, HOME, access_token=ana)
    digits = await newest(world)
    for number in range(4):
        for _ in range(5):
            await type_in(world, other_than(digits), stranger(number))

    assert await type_in(world, digits, "192.0.2.1", ana) == "done"


async def test_a_mailbox_gets_ten_codes_of_strangers_and_its_owner_has_a_good_one(world: World) -> None:
    for number in range(9):
        for _ in range(3):
            assert await ask(world, stranger(number)) == "done"

    assert await ask(world, HOME) == "done"

    assert await world.rows("SELECT count(*) FROM access_code") == [(10,)]
    assert await type_in(world, await newest(world), HOME) == "done"


async def test_a_mailbox_whose_codes_were_guessed_away_gets_a_long_one(world: World) -> None:
    for number in range(4):
        for _ in range(3):
            await ask(world, stranger(number))
    away = await newest(world)
    for number in range(10, 14):
        for _ in range(5):
            await type_in(world, other_than(away), stranger(number))
    assert await type_in(world, away, HOME) == "CODE_EXPIRED"

    assert await ask(world, HOME) == "done"
    digits = await newest(world)

    assert len(digits) == 10
    for number in range(10, 20):
        for _ in range(5):
            await type_in(world, "0123456789", stranger(number))
    assert await type_in(world, digits, "192.0.2.1") == "done"


async def test_long_codes_are_for_a_day(world: World) -> None:
    for number in range(4):
        await ask(world, stranger(number))
        for _ in range(5):
            await type_in(world, other_than(await newest(world)), stranger(number))
        world.stage.clock.advance(600)

    await ask(world, HOME)
    assert len(await newest(world)) == 10
    world.stage.clock.advance(DAY_S)
    await ask(world, HOME)
    assert len(await newest(world)) == 6


async def test_tags_make_no_new_mailbox(world: World) -> None:
    made_up = [await ask(world, stranger(1), f"ana+{number}@example.com") for number in range(20)]
    for address in range(2, 10):
        for number in range(20):
            await ask(world, stranger(address), f"ana+{number}@example.com")

    assert made_up == ["done"] * 3 + ["TOO_MANY_REQUESTS"] * 17
    assert await world.rows("SELECT count(*) FROM access_code") == [(10,)]
    assert await ask(world, HOME) == "done"  # the plain address
    assert await world.rows("SELECT count(*) FROM access_code") == [(11,)]


async def test_one_address_asks_for_two_hundred_codes_at_most(world: World) -> None:
    asked = [await ask(world, HOME, f"guest{number}@example.com") for number in range(201)]

    assert asked == ["done"] * 200 + ["TOO_MANY_REQUESTS"]
    assert await ask(world, stranger(1)) == "done"


async def test_network_addresses_are_kept_as_hashes(world: World) -> None:
    await registered(world)
    await try_password(world, "wrong horse", HOME)
    await ask(world, HOME)

    kept = [*await world.rows("SELECT counter FROM attempt"), *await world.rows("SELECT asked_by FROM access_code")]

    assert kept
    assert not any(HOME in text for row in kept for text in row)
