"""Passwords, hashed and verified."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import pytest_asyncio

from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusals import CodeExpired, CredentialsWrong, InvalidRequest, TooManyRequests
from services.identity.door.doorman import Doorman
from services.identity.door.limits import Visitor
from services.identity.door.signins import Claim
from services.identity.keys import open_ring
from services.identity.password_rules import check
from services.identity.passwords import Passwords, fitting, salts
from services.identity.people import Account
from tests.identity.lobby import BIA, PASSWORD, Lobby

VISITOR = Visitor("address")
LANE, SALT = VISITOR.lane, bytes(range(16))


@pytest_asyncio.fixture
async def passwords() -> AsyncIterator[Passwords]:
    kept = Passwords()
    yield kept
    kept.close()


class Jobs(ThreadPoolExecutor):
    """A pool that notes what it is given to do."""

    def __init__(self) -> None:
        super().__init__(1)
        self.done: list[Callable[..., Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.done.append(fn)
        return super().submit(fn, *args, **kwargs)


@pytest_asyncio.fixture
async def jobs() -> AsyncIterator[Jobs]:
    kept = Jobs()
    yield kept
    kept.shutdown(wait=False)


def account(phc: str, account_id: str = "acc_1") -> Account:
    return Account(account_id, BIA, "Bia", phc, "en")


async def fits(passwords: Passwords, password: str, phc: str) -> bool:
    """Whether a password is the one of a PHC string."""
    return bool(await passwords.fitting(password, [account(phc)], SALT, LANE))


async def test_a_password_fits_its_own_hash_alone(passwords: Passwords) -> None:
    phc = await passwords.hash("correct horse", SALT, LANE)

    assert await fits(passwords, "correct horse", phc)
    assert not await fits(passwords, "wrong horse", phc)
    assert not await fits(passwords, "Correct horse", phc)


async def test_a_password_fits_however_a_keyboard_writes_it(passwords: Passwords) -> None:
    phc = await passwords.hash("caf\u00e9 com leite", SALT, LANE)

    assert await fits(passwords, "cafe\u0301 com leite", phc)


async def test_a_password_finds_its_accounts_among_others_of_the_address(passwords: Passwords) -> None:
    texts = ("correct horse", "squatter horse", "correct horse")
    kept = [account(await passwords.hash(text, SALT, LANE), f"acc_{n}") for n, text in enumerate(texts)]
    kept.append(account("", "acc_3"))
    before = account(await passwords.hash("correct horse", bytes(16), LANE), "acc_4")  # with a salt of its own

    found = await passwords.fitting("correct horse", [*kept, before], SALT, LANE)

    assert [each.account_id for each in found] == ["acc_0", "acc_2", "acc_4"]


async def test_one_hash_is_made_however_many_accounts_an_address_has(passwords: Passwords) -> None:
    phc = await passwords.hash("correct horse", SALT, LANE)

    for accounts in ([], [account("")], [account(phc)], [account(phc)] * 9 + [account("")]):
        assert salts(accounts, SALT) == {SALT}


@pytest.mark.parametrize(
    "password", ["correct horse", "\u00e7a va bien!", "0123456789x", "aaaa bbbb cd", "x" * 125 + "yzw"]
)
def test_a_password_is_taken(password: str) -> None:
    check(password, field="password", known=(BIA, "Bia"))


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("ninechars", "password.length"),
        ("x" * 126 + "yzw", "password.length"),
        ("\ufb01" * 64 + "x", "password.length"),  # a ligature is two letters
        ("\0" * 10, "password.control"),
        ("correct\thorse", "password.control"),
        ("correct\x85horse", "password.control"),
        ("aaaaaaaaaa", "password.alike"),
        ("1212121212121", "password.alike"),
        ("Password123", "password.common"),
        ("\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10", "password.common"),  # wide digits
        ("beatriz@casa.example", "password.own"),
        ("BEATRIZ1999", "password.own"),
        ("prado-beatriz", "password.own"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, rule: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check(password, field="password", known=("beatriz@casa.example", "Beatriz Prado"))

    assert {field: violation.rule for field, violation in refused.value.fields.items()} == {"password": rule}


async def test_a_weak_password_registers_and_resets_nothing(lobby: Lobby) -> None:
    with pytest.raises(InvalidRequest):
        await lobby.register(password="\0" * 10)
    await lobby.register()
    weak = pb.RedeemAccessCodeRequest(
        email=BIA, new_password="1234567890", code=await lobby.digits(await lobby.send(BIA))
    )

    with pytest.raises(InvalidRequest):
        await lobby.anyone.identity.RedeemAccessCode(weak)

    weak.new_password = "another horse"
    await lobby.anyone.identity.RedeemAccessCode(weak)


async def test_what_is_cheap_is_checked_before_anything_is_hashed(lobby: Lobby, jobs: Jobs) -> None:
    await lobby.register()
    ring = open_ring(lobby.stage.folder / "keys", lobby.stage.folder / "operator.key", lambda: "")
    doorman = Doorman(lobby.context.database, lobby.stage.clock, lobby.stage.ids, ring, Passwords(jobs), issuer=str)

    with pytest.raises(CodeExpired):
        await doorman.by_code(Claim(BIA, "", "", "gst_new"), "000000", "another horse", VISITOR)
    for _ in range(10):
        with pytest.raises(CredentialsWrong):
            await doorman.by_password(BIA, "wrong horse", "", VISITOR)
    assert len(jobs.done) == 10
    with pytest.raises(TooManyRequests):
        await doorman.by_password(BIA, PASSWORD, "", VISITOR)

    assert len(jobs.done) == 10


async def test_nobodys_password_never_fits(passwords: Passwords) -> None:
    assert not await fits(passwords, "", "")


async def test_passwords_are_kept_as_owasp_advises(passwords: Passwords) -> None:
    _, kind, version, costs, salt, digest = (await passwords.hash("correct horse", SALT, LANE)).split("$")

    assert [kind, version, costs, len(salt), len(digest)] == ["argon2id", "v=19", "m=19456,t=2,p=1", 22, 43]


async def test_each_address_has_a_salt_of_its_own(lobby: Lobby) -> None:
    await lobby.register(1, 1, email=BIA)
    await lobby.register(2, 2, email="rui@casa.example")

    (one,), (other,) = await lobby.rows("SELECT password_phc FROM account ORDER BY account_id")

    assert one.split("$")[4] != other.split("$")[4]


async def test_whoever_is_let_in_or_not_one_password_is_hashed(lobby: Lobby, jobs: Jobs) -> None:
    await lobby.register()
    await lobby.add(2, "rui@casa.example")  # has an account and no password
    ring = open_ring(lobby.stage.folder / "keys", lobby.stage.folder / "operator.key", lambda: "")
    doorman = Doorman(lobby.context.database, lobby.stage.clock, lobby.stage.ids, ring, Passwords(jobs), issuer=str)

    await doorman.by_password(BIA, PASSWORD, "", VISITOR)
    for email in (BIA, "rui@casa.example", "nobody@casa.example"):
        with pytest.raises(CredentialsWrong):
            await doorman.by_password(email, "wrong horse", "", VISITOR)

    assert jobs.done == [fitting] * 4
