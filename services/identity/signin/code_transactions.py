"""identity's reads and writes of access codes: when one is sent, and which one a visitor has typed."""

from collections.abc import Callable
from dataclasses import replace

from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued
from eventhub.refusals import CodeExpired
from services.identity.account_store import find_locale
from services.identity.addresses import mailbox
from services.identity.guests import DEFAULT_LOCALE
from services.identity.signin import attempt_transactions, limits, store
from services.identity.signin.limits import Counter, Visitor
from services.identity.signin.signins import Code
from services.kit.db import Tx


async def issue(tx: Tx, code: Code, visitor: Visitor, *, now_us: int) -> int:
    """Stores a code to be sent and returns when the address's code expires.

    If strangers have already sent many codes to the mailbox, no further one is sent: the newest stays valid, and the
    owner has it there. Raises TooManyRequests.
    """
    visitor = await attempt_transactions.with_trust(tx, visitor, code.email)
    ways, box = limits.ways_of_asking(code.email, visitor), limits.of_mailbox(code.email)
    await store.serialize_on(tx, box.name, *(counter.name for way in ways for counter in way), now_us=now_us)
    repeated = await store.find_code(tx, code.code_id)
    if repeated is not None:
        return repeated.expires_us
    way = await attempt_transactions.find_open_way(tx, ways, now_us) or ways[-1]
    await attempt_transactions.check(tx, *way, now_us=now_us)
    if way == limits.asking_as_stranger(code.email, visitor):
        sent = await reusable_code(tx, code.email, box, now_us)
        if sent is not None:
            return sent.expires_us
    guessed_at = await attempt_transactions.is_full(tx, limits.of_wrong_codes(code.email), now_us)
    code = replace(code, digits=limits.digits(guessed_at=guessed_at), asked_by=visitor.asks_as)
    await store.add_code(tx, code, now_us)
    await attempt_transactions.add(tx, code.code_id, *way, box, now_us=now_us)
    await tx.announce(AccessCodeIssued(code_id=code.code_id), aggregate_id=code.code_id, at_us=now_us)
    return code.expires_us


async def reusable_code(tx: Tx, email: str, box: Counter, now_us: int) -> Code | None:
    """The newest code of an address if its mailbox is full of codes, else None: then one more is sent.

    A full mailbox still gets a new, long code if strangers have used up the tries of the newest. Raises TooManyRequests
    for a full mailbox's made-up address, for example a tagged one, that has no valid code.
    """
    times = await store.find_attempts(tx, box, now_us)
    if not box.limit.full(times, now_us):
        return None
    newest = next(iter(await store.good_codes(tx, email, now_us)), None)
    if newest is None and email != mailbox(email):
        box.limit.check(times, now_us)
    return newest if newest and await works_for_strangers(tx, newest, now_us) else None


async def works_for_strangers(tx: Tx, code: Code, now_us: int) -> bool:
    """Whether a code still works for a visitor who did not ask for it."""
    return not any([await attempt_transactions.is_full(tx, counter, now_us) for counter in limits.of_strangers(code)])


async def code_to_send(tx: Tx, code_id: str, *, now_us: int) -> Code:
    """A code for its mail, in the language of the visitor, else of the address. Raises CodeExpired."""
    code = await store.find_code(tx, code_id)
    if code is None or not code.is_good(now_us):
        raise CodeExpired
    return replace(code, locale=code.locale or await find_locale(tx, code.email) or DEFAULT_LOCALE)


async def match(
    tx: Tx, email: str, fits: Callable[[Code], bool], visitor: Visitor, *, family_id: str = "", now_us: int
) -> tuple[Code | None, tuple[Counter, ...]]:
    """The code that a visitor has typed and, if there is none, the counters of a wrong code.

    Only codes that the visitor may mean and has tries left for are compared. family_id: the family of the sign-in that
    the code begins. Raises TooManyRequests.
    """
    missed = limits.of_wrong_code(email, visitor)
    await attempt_transactions.check(tx, *limits.of_codes(visitor), now_us=now_us)
    for code in limits.worth_trying(await store.good_codes(tx, email, now_us, family_id), visitor):
        way = await attempt_transactions.find_open_way(tx, limits.ways_of_trying(code, visitor), now_us)
        if way is None:
            continue
        if fits(code):
            return code, ()
        missed = (*missed, *way)
    return None, missed
