"""A write whose commit is in doubt is run again, and is done once."""

from services.identity.door import codes
from services.identity.door import transactions as door
from services.identity.door.limits import Visitor
from services.identity.door.signins import Claim, Code, SignIn
from services.identity.people import Guest
from tests.facts import told
from tests.fakes.clock import START_US
from tests.identity.lobby import ANA, Lobby, numbered

CODE = Code("cod_1", ANA, START_US + 600_000_000, 6, "address")
VISITOR = Visitor("address")
SIGN_IN = SignIn("hash", "fam_1", START_US + 600_000_000, "tok_1")
CLAIM = Claim(ANA, "", "", numbered("gst", 9))


async def test_a_code_is_issued_once(lobby: Lobby) -> None:
    database = lobby.context.database
    for _ in range(5):
        await database.write(codes.issue, CODE, VISITOR, now_us=START_US)

    assert len(await told(database)) == 1


async def test_a_code_is_redeemed_again_for_its_own_sign_in_alone(lobby: Lobby) -> None:
    database = lobby.context.database
    await lobby.start(1)
    await database.write(codes.issue, CODE, VISITOR, now_us=START_US)

    async def redeem(sign_in: SignIn, claim: Claim = CLAIM) -> object:
        return await database.write(
            door.redeem, claim, lambda code: True, sign_in, VISITOR, try_id="try_1", now_us=START_US
        )

    first, again = await redeem(SIGN_IN), await redeem(SIGN_IN)

    assert isinstance(first, Guest)
    assert isinstance(again, Guest)
    assert first.guest_id == again.guest_id == CLAIM.newcomer_id
    assert await redeem(SignIn("other", "fam_2", SIGN_IN.expires_us, "tok_2")) is None
    assert await lobby.merges() == [(lobby.guest(1), CLAIM.newcomer_id)]
    assert await lobby.rows("SELECT count(*) FROM refresh_token WHERE family_id = 'fam_1'") == [(1,)]


async def test_a_refresh_is_done_again_for_its_own_successor_alone(lobby: Lobby) -> None:
    database = lobby.context.database
    subject_id = (await lobby.start(1)).subject_id
    guest = Guest(subject_id, "", "Ana", ANA, "", "", "en", verified=False, merged_into="")
    await database.write(door.begin, SIGN_IN, guest)

    for _ in range(2):
        who = await database.write(door.refresh, "hash", "next", token_id="tok_2", now_us=START_US)
        assert isinstance(who, Guest)

    states = "SELECT token_hash, state FROM refresh_token WHERE family_id = 'fam_1' ORDER BY token_hash"
    assert await lobby.rows(states) == [("hash", "USED"), ("next", "FRESH")]
    await database.write(door.refresh, "hash", "another", token_id="tok_3", now_us=START_US)
    assert await lobby.rows(states) == [("hash", "REVOKED"), ("next", "REVOKED")]
