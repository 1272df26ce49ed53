"""Attempts to make a change that inventory must make before it is saved. What is changed is the caller's affair."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from eventhub.refusal import Refusal, TransientRefusal

C = TypeVar("C")
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Begun(Generic[C]):
    """A change to be completed. own: whether the caller asked for it; otherwise it was found."""

    change: C
    own: bool


async def until_done(begin: Callable[[], Awaitable[D | Begun[C]]], complete: Callable[[C], Awaitable[D | None]]) -> D:
    """Completes the changes that are found, then the caller's own, and returns what is so after that.

    begin: decides the caller's change; returns the present state if nothing is to be completed. complete: see attempt.
    Raises what begin raises, and what complete raises for the caller's own change.
    """
    while True:
        begun = await begin()
        if not isinstance(begun, Begun):
            return begun
        try:
            done = await complete(begun.change)
        except TransientRefusal:
            raise
        except Refusal:
            if begun.own:
                raise
            continue
        if done is not None and begun.own:
            return done


async def attempt(
    tell: Callable[[], Awaitable[bool]],
    drop: Callable[[], Awaitable[bool]],
    finish: Callable[[], Awaitable[D]],
) -> D | None:
    """Tells inventory of a change and saves it. Returns what is so after that; None if another attempt has ended the
    change meanwhile. Raises inventory's refusal after the change is dropped; if inventory is unavailable, the change is
    left to a later attempt.

    tell: whether the change is in force in inventory now. drop: forgets the change; False if another attempt has it.
    finish: saves the change.
    """
    try:
        in_force = await tell()
    except TransientRefusal:
        raise
    except Refusal:
        if await drop():
            raise
        return None
    return await finish() if in_force else None
