"""A write whose commit is in doubt is run again, and has its effect once."""

from services.identity.guests import Guest
from services.identity.signin import code_transactions, redeem_transactions, transactions
from services.identity.signin.limits import Visitor
from services.identity.signin.signins import Claim, Code, SignIn
from tests.facts import told
from tests.fakes.clock import START_US
from tests.identity.world import ANA, World, numbered

CODE = Code(code_id="cod_1", email=ANA, expires_us=START_US + 600_000_000, digits=6, asked_by="address")
VISITOR = Visitor("address")
SIGN_IN = SignIn(token_hash="hash", family_id="fam_1", expires_us=START_US + 600_000_000, token_id="tok_1")
OTHER_SIGN_IN = SignIn(token_hash="other", family_id="fam_2", expires_us=START_US + 600_000_000, token_id="tok_2")
CLAIM = Claim(email=ANA, newcomer_id=numbered("gst", 9))


async def test_a_code_is_issued_once(world: World) -> None:
    database = world.context.database
    for _ in range(5):
        await database.write(code_transactions.issue, CODE, VISITOR, now_us=START_US)

    assert len(await told(database)) == 1


async def test_a_code_is_redeemed_again_only_for_its_own_sign_in(world: World) -> None:
    database = world.context.database
    await world.start_guest(1)
    await database.write(code_transactions.issue, CODE, VISITOR, now_us=START_US)

    async def redeem(sign_in: SignIn, claim: Claim = CLAIM) -> object:
        return await database.write(
            redeem_transactions.redeem, claim, lambda code: True, sign_in, VISITOR, try_id="try_1", now_us=START_US
        )

    first, again = await redeem(SIGN_IN), await redeem(SIGN_IN)

    assert isinstance(first, Guest)
    assert isinstance(again, Guest)
    assert first.guest_id == again.guest_id == CLAIM.newcomer_id
    assert await redeem(OTHER_SIGN_IN) is None
    assert await world.merges() == [(world.guest_ids[1], CLAIM.newcomer_id)]
    assert await world.rows("SELECT count(*) FROM refresh_token WHERE family_id = 'fam_1'") == [(1,)]


async def test_a_refresh_is_repeated_only_for_its_own_successor(world: World) -> None:
    database = world.context.database
    subject_id = (await world.start_guest(1)).subject_id
    guest = Guest(guest_id=subject_id, name="Ana", email=ANA, locale="en")
    await database.write(transactions.begin, SIGN_IN, guest)

    for _ in range(2):
        person = await database.write(transactions.refresh, "hash", "next", token_id="tok_2", now_us=START_US)
        assert isinstance(person, Guest)

    states = "SELECT token_hash, state FROM refresh_token WHERE family_id = 'fam_1' ORDER BY token_hash"
    assert await world.rows(states) == [("hash", "USED"), ("next", "FRESH")]
    await database.write(transactions.refresh, "hash", "another", token_id="tok_3", now_us=START_US)
    assert await world.rows(states) == [("hash", "REVOKED"), ("next", "REVOKED")]
