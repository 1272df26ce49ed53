"""Passwords, hashed and verified."""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import pytest_asyncio

from eventhub.refusals import CredentialsWrong
from services.identity.door.doorman import Doorman
from services.identity.keys import open_ring
from services.identity.passwords import NOBODY, Passwords, verify
from tests.identity.lobby import BIA, PASSWORD, Lobby


@pytest_asyncio.fixture
async def passwords() -> AsyncIterator[Passwords]:
    kept = Passwords()
    yield kept
    kept.close()


async def test_a_password_fits_its_own_hash_alone(passwords: Passwords) -> None:
    phc = await passwords.hash("correct horse")

    assert await passwords.fits("correct horse", phc)
    assert not await passwords.fits("wrong horse", phc)
    assert not await passwords.fits("Correct horse", phc)


async def test_two_hashes_of_one_password_differ(passwords: Passwords) -> None:
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_nobodys_password_never_fits(passwords: Passwords) -> None:
    assert not await passwords.fits("", "")


class Jobs(ThreadPoolExecutor):
    """A pool that notes the PHC strings it is given to verify."""

    def __init__(self) -> None:
        super().__init__(1)
        self.verified: list[str] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if fn is verify:
            self.verified.append(args[1])
        return super().submit(fn, *args, **kwargs)


class Counted(Passwords):
    """Passwords as they are, with a pool that counts."""

    def __init__(self) -> None:
        super().__init__()
        super().close()
        self.jobs = self._pool = Jobs()


@pytest_asyncio.fixture
async def counted() -> AsyncIterator[Counted]:
    kept = Counted()
    yield kept
    kept.close()


def terms(phc: str) -> list[str]:
    """How a PHC string is derived: all of it but salt and hash, and how long those are."""
    _, kind, version, costs, salt, digest = phc.split("$")
    return [kind, version, costs, str(len(salt)), str(len(digest))]


async def test_passwords_are_kept_as_owasp_advises(passwords: Passwords) -> None:
    phc = await passwords.hash("correct horse")

    assert terms(phc) == ["argon2id", "v=19", "m=19456,t=2,p=1", "22", "43"]
    assert terms(NOBODY) == terms(phc)


async def test_whoever_is_let_in_or_not_one_password_is_verified(lobby: Lobby, counted: Counted) -> None:
    await lobby.register()
    await lobby.add(2, "rui@casa.example")  # has an account and no password
    ring = open_ring(lobby.stage.folder / "keys", lobby.stage.folder / "operator.key", lambda: "")
    doorman = Doorman(lobby.context.database, lobby.stage.clock, lobby.stage.ids, ring, counted)

    await doorman.by_password(BIA, PASSWORD, "")
    for email in (BIA, "rui@casa.example", "nobody@casa.example"):
        with pytest.raises(CredentialsWrong):
            await doorman.by_password(email, "wrong horse", "")

    ((kept,),) = await lobby.rows("SELECT password_phc FROM account WHERE email = $1", BIA)
    assert counted.jobs.verified == [kept, kept, NOBODY, NOBODY]
