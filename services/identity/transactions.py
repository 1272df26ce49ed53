"""identity's writes."""

from dataclasses import replace

from eventhub.identity.v1.identity_events_pb2 import AccessCodeIssued, GuestMerged
from eventhub.refusals import (
    CodeExpired,
    EmailInUse,
    IdInUse,
    MemberNotFound,
    TokenExpired,
    TokenInvalid,
    TooManyRequests,
)
from services.identity import people, store, store_tokens
from services.identity.people import Account, Code, Gate, Guest, Membership
from services.identity.store_tokens import Refresh
from services.kit.clock import SECOND_US
from services.kit.db import Tx


async def register(tx: Tx, organizer_id: str, name: str, content_hash: str, owner: Account, *, now_us: int) -> bool:
    """Registers an organizer and its owner. False for a repeat, whose password is still to be compared. Raises IdInUse,
    EmailInUse."""
    if not await store.claim_organizer(tx, organizer_id, name, content_hash, now_us):
        if await store.organizer_hash(tx, organizer_id) != content_hash:
            raise IdInUse
        return False
    if not await store.claim_account(tx, owner, now_us):
        raise await account_taken(tx, owner)
    await store.put_membership(tx, Membership(organizer_id, owner.account_id, people.OWNER), now_us)
    return True


async def account_taken(tx: Tx, account: Account) -> EmailInUse | IdInUse:
    """Why an account cannot be made."""
    return EmailInUse() if await store.account_by_email(tx, account.email) else IdInUse()


async def add_member(tx: Tx, organizer_id: str, account: Account, role: int, *, now_us: int) -> Membership:
    """Gives somebody a role, with an account of their own. Raises EmailInUse, IdInUse, LastOwner."""
    if not await store.claim_account(tx, account, now_us):
        known = await store.account_by_id(tx, account.account_id)
        if known is None or known.email != account.email:
            raise await account_taken(tx, account)
    owners = await store.lock_owners(tx, organizer_id)
    before = await store.membership(tx, organizer_id, account.account_id)
    if before is not None:
        people.check_owners_left(owners, old_role=before.role, new_role=role)
    member = Membership(organizer_id, account.account_id, role)
    await store.put_membership(tx, member, now_us)
    return member


async def remove_member(tx: Tx, organizer_id: str, account_id: str, *, now_us: int) -> None:
    """Takes somebody's role away and ends their sign-ins. Raises MemberNotFound, LastOwner."""
    owners = await store.lock_owners(tx, organizer_id)
    before = await store.membership(tx, organizer_id, account_id)
    if before is None:
        raise MemberNotFound
    if before.role == people.GONE:
        return
    people.check_owners_left(owners, old_role=before.role, new_role=None)
    await store.put_membership(tx, replace(before, role=people.GONE), now_us)
    await store_tokens.revoke_of(tx, account_id, organizer_id)


async def start_guest(tx: Tx, guest: Guest, *, now_us: int) -> Guest:
    """Begins a guest session. Raises IdInUse for other content."""
    if await store.claim_guest(tx, guest, now_us):
        return guest
    known = await store.guest(tx, guest.guest_id)
    if known is None or known.content_hash != guest.content_hash:
        raise IdInUse
    return known


async def issue_code(tx: Tx, code: Code, *, now_us: int) -> None:
    """Notes that a code is to be sent. Raises TooManyRequests."""
    times = await store.code_times(tx, code.email, now_us - people.CODES_WINDOW_US)
    if len(times) >= people.CODES_MAX:
        wait_us = times[-people.CODES_MAX] + people.CODES_WINDOW_US - now_us
        raise TooManyRequests(retry_after_s=wait_us / SECOND_US)
    await store.add_code(tx, code, now_us)
    await tx.announce(AccessCodeIssued(code_id=code.code_id), about=code.code_id, at_us=now_us)


async def redeem_as_guest(tx: Tx, code_id: str, newcomer: Guest, *, now_us: int) -> Guest:
    """Uses a code up and answers the address's stable guest, into whom all others of the address are merged.
    newcomer: who it is if nobody has come with the address yet. Raises CodeExpired."""
    await use_code(tx, code_id)
    known = await store.lock_guests_of(tx, newcomer.email)
    if not known:
        await store.claim_guest(tx, replace(newcomer, verified=True), now_us)
        return newcomer
    stable, *others = known
    if not stable.verified:
        await store.verify_guest(tx, stable.guest_id)
    for other in others:
        await store.merge_guest(tx, other.guest_id, stable.guest_id)
        fact = GuestMerged(from_subject_id=other.guest_id, into_subject_id=stable.guest_id)
        await tx.announce(fact, about=other.guest_id, at_us=now_us)
    return stable


async def use_code(tx: Tx, code_id: str) -> None:
    """Uses a code up. Raises CodeExpired if somebody else has."""
    if not await store.use_code(tx, code_id):
        raise CodeExpired


async def begin_sign_in(tx: Tx, token: Refresh) -> None:
    """Notes a sign-in's first refresh token."""
    await store_tokens.add(tx, token)


async def refresh(
    tx: Tx, token_hash: str, successor_hash: str, *, now_us: int
) -> Refresh | TokenInvalid | TokenExpired:
    """Exchanges a refresh token for its successor. Answers a refusal where it cannot be: using a token twice ends the
    whole sign-in, which has to be kept although the call is refused."""
    token = await store_tokens.find(tx, token_hash)
    if token is None or token.state == "REVOKED":
        return TokenInvalid()
    if now_us >= token.expires_us:
        return TokenExpired()
    if not await store_tokens.use(tx, token_hash):
        await store_tokens.revoke_family(tx, token.family_id)
        return TokenInvalid()
    successor = replace(token, token_hash=successor_hash, state="FRESH", expires_us=now_us + people.REFRESH_LIFE_US)
    await store_tokens.add(tx, successor)
    return successor


async def revoke(tx: Tx, token_hash: str) -> None:
    """Ends the sign-in that a refresh token belongs to; nothing if there is none."""
    token = await store_tokens.find(tx, token_hash)
    if token is not None:
        await store_tokens.revoke_family(tx, token.family_id)


async def enrol(tx: Tx, gate: Gate, *, now_us: int) -> None:
    """Enrols a gate, or gives it a new secret. Raises IdInUse."""
    if not await store.put_gate(tx, gate, now_us):
        raise IdInUse


async def check_tries(tx: Tx, tried_for: str, *, now_us: int) -> None:
    """Raises TooManyRequests after too many wrong tries."""
    times = await store_tokens.wrong_tries(tx, tried_for, now_us - people.WRONG_WINDOW_US)
    if len(times) >= people.WRONG_MAX:
        wait_us = times[-people.WRONG_MAX] + people.WRONG_WINDOW_US - now_us
        raise TooManyRequests(retry_after_s=wait_us / SECOND_US)


async def note_try(tx: Tx, tried_for: str, *, right: bool, now_us: int) -> None:
    """Notes a try: a wrong one counts, a right one clears the count. Raises TooManyRequests where others have used up
    the tries meanwhile: then a right one does not count either."""
    await check_tries(tx, tried_for, now_us=now_us)
    if right:
        await store_tokens.forget_wrong_tries(tx, tried_for)
    else:
        await store_tokens.note_wrong_try(tx, tried_for, now_us, now_us - people.WRONG_WINDOW_US)
