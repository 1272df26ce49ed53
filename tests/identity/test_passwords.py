"""Passwords, hashed and verified."""

import time
from collections.abc import AsyncIterator

import pytest_asyncio

from services.identity.passwords import Passwords


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


async def cost(passwords: Passwords, phc: str) -> float:
    """The least processor time of three tries, in seconds."""
    costs = []
    for _ in range(3):
        begun = time.process_time()
        await passwords.fits("wrong horse", phc)
        costs.append(time.process_time() - begun)
    return min(costs)


async def test_a_wrong_address_costs_as_much_as_a_wrong_password(passwords: Passwords) -> None:
    wrong_password = await cost(passwords, await passwords.hash("correct horse"))

    assert 0.5 * wrong_password < await cost(passwords, "") < 2 * wrong_password
