"""Passwords: rules for new ones, hashing, and finding the accounts that have one."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import pytest_asyncio

from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusals import CodeExpired, CredentialsWrong, InvalidRequest, TooManyRequests
from services.identity import check
from services.identity.accounts import Account
from services.identity.keys import open_ring
from services.identity.passwords import Passwords, accounts_with, salts_of
from services.identity.signin.authenticator import Authenticator
from services.identity.signin.limits import Visitor
from services.identity.signin.signins import Claim
from tests.identity.world import BIA, CHEAP, PASSWORD, World

VISITOR = Visitor("address")
LANE, SALT = VISITOR.lane, bytes(range(16))


@pytest_asyncio.fixture
async def passwords() -> AsyncIterator[Passwords]:
    kept = Passwords(cost=CHEAP)
    yield kept
    kept.close()


class RecordedPool(ThreadPoolExecutor):
    """A thread pool that records its work."""

    def __init__(self) -> None:
        super().__init__(1)
        self.done: list[Callable[..., Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.done.append(fn)
        return super().submit(fn, *args, **kwargs)


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[RecordedPool]:
    kept = RecordedPool()
    yield kept
    kept.shutdown(wait=False)


def account(phc: str, account_id: str = "acc_1") -> Account:
    return Account(account_id=account_id, email=BIA, name="Bia", password_phc=phc, locale="en")


async def fits(passwords: Passwords, password: str, phc: str) -> bool:
    """Whether a password has this PHC string."""
    return bool(await passwords.accounts_with(password, [account(phc)], SALT, LANE))


async def test_a_password_fits_only_its_own_hash(passwords: Passwords) -> None:
    phc = await passwords.hash("correct horse", SALT, LANE)

    assert await fits(passwords, "correct horse", phc)
    assert not await fits(passwords, "wrong horse", phc)
    assert not await fits(passwords, "Correct horse", phc)


async def test_a_password_fits_in_each_encoding_of_a_keyboard(passwords: Passwords) -> None:
    phc = await passwords.hash("caf\u00e9 com leite", SALT, LANE)

    assert await fits(passwords, "cafe\u0301 com leite", phc)


async def test_a_password_finds_its_accounts_among_others_of_the_address(passwords: Passwords) -> None:
    texts = ("correct horse", "squatter horse", "correct horse")
    kept = [account(await passwords.hash(text, SALT, LANE), f"acc_{n}") for n, text in enumerate(texts)]
    kept.append(account("", "acc_3"))
    older = account(await passwords.hash("correct horse", bytes(16), LANE), "acc_4")  # with its own salt

    found = await passwords.accounts_with("correct horse", [*kept, older], SALT, LANE)

    assert [each.account_id for each in found] == ["acc_0", "acc_2", "acc_4"]


async def test_one_hash_is_made_for_any_number_of_accounts(passwords: Passwords) -> None:
    phc = await passwords.hash("correct horse", SALT, LANE)

    for accounts in ([], [account("")], [account(phc)], [account(phc)] * 9 + [account("")]):
        assert salts_of(accounts, SALT) == {SALT}


@pytest.mark.parametrize(
    "password", ["correct horse", "\u00e7a va bien!", "0123456789x", "aaaa bbbb cd", "x" * 125 + "yzw"]
)
def test_a_good_password_is_accepted(password: str) -> None:
    check.new_password(password, field="password", known=(BIA, "Bia"))


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
        check.new_password(password, field="password", known=("beatriz@casa.example", "Beatriz Prado"))

    assert {field: violation.rule for field, violation in refused.value.fields.items()} == {"password": rule}


async def test_a_weak_password_is_refused_at_registration_and_reset(world: World) -> None:
    with pytest.raises(InvalidRequest):
        await world.register(password="\0" * 10)
    await world.register()
    weak = pb.RedeemAccessCodeRequest(
        email=BIA, new_password="1234567890", code=await world.digits(await world.send_code(BIA))
    )

    with pytest.raises(InvalidRequest):
        await world.anyone.identity.RedeemAccessCode(weak)

    weak.new_password = "another horse"
    await world.anyone.identity.RedeemAccessCode(weak)


async def test_codes_and_limits_are_checked_before_a_password_is_hashed(world: World, pool: RecordedPool) -> None:
    await world.register()
    ring = open_ring(world.stage.folder / "keys", world.stage.folder / "operator.key", lambda: "")
    passwords = Passwords(pool, cost=CHEAP)
    authenticator = Authenticator(
        world.context.database, world.stage.clock, world.stage.ids, ring=ring, passwords=passwords, issuer=str
    )

    with pytest.raises(CodeExpired):
        await authenticator.sign_in_by_code(Claim(email=BIA, newcomer_id="gst_new"), "000000", "another horse", VISITOR)
    for _ in range(10):
        with pytest.raises(CredentialsWrong):
            await authenticator.sign_in_by_password(BIA, "wrong horse", "", VISITOR)
    assert len(pool.done) == 10
    with pytest.raises(TooManyRequests):
        await authenticator.sign_in_by_password(BIA, PASSWORD, "", VISITOR)

    assert len(pool.done) == 10


async def test_an_account_without_a_password_has_no_password_that_fits(passwords: Passwords) -> None:
    assert not await fits(passwords, "", "")


async def test_passwords_are_hashed_as_owasp_recommends() -> None:
    passwords = Passwords()
    _, kind, version, costs, salt, digest = (await passwords.hash("correct horse", SALT, LANE)).split("$")
    passwords.close()

    assert [kind, version, costs, len(salt), len(digest)] == ["argon2id", "v=19", "m=19456,t=2,p=1", 22, 43]


async def test_each_address_has_its_own_salt(world: World) -> None:
    await world.register(1, 1, email=BIA)
    await world.register(2, 2, email="rui@casa.example")

    (one,), (other,) = await world.rows("SELECT password_phc FROM account ORDER BY account_id")

    assert one.split("$")[4] != other.split("$")[4]


async def test_each_attempt_hashes_one_password(world: World, pool: RecordedPool) -> None:
    await world.register()
    await world.invite(2, "rui@casa.example")  # has an account and no password
    ring = open_ring(world.stage.folder / "keys", world.stage.folder / "operator.key", lambda: "")
    passwords = Passwords(pool, cost=CHEAP)
    authenticator = Authenticator(
        world.context.database, world.stage.clock, world.stage.ids, ring=ring, passwords=passwords, issuer=str
    )

    await authenticator.sign_in_by_password(BIA, PASSWORD, "", VISITOR)
    for email in (BIA, "rui@casa.example", "nobody@casa.example"):
        with pytest.raises(CredentialsWrong):
            await authenticator.sign_in_by_password(email, "wrong horse", "", VISITOR)

    assert pool.done == [accounts_with] * 4
