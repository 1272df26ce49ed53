"""identity's writes about people."""

from dataclasses import replace

from eventhub.refusals import EmailInUse, IdInUse, MemberNotFound
from services.identity import people, store
from services.identity.door import limits, tries
from services.identity.door import store as door_store
from services.identity.door.limits import Visitor
from services.identity.door.signins import SignIn
from services.identity.door.transactions import begin, check_may, end_access
from services.identity.people import Account, Guest, Membership, Organizer
from services.kit.db import Tx


async def check_new(tx: Tx, organizer: Organizer, owner: Account, visitor: Visitor, *, now_us: int) -> bool:
    """Whether an organizer is new; False for a repeat. Asked before the password is hashed, which is dear. Raises
    IdInUse, EmailInUse, TooManyRequests."""
    known = await store.organizer_hash(tx, organizer.organizer_id)
    if known:
        if known != organizer.content_hash:
            raise IdInUse
        return False
    if await store.account_by_id(tx, owner.account_id) or await store.account_by_email(tx, owner.email):
        raise await account_taken(tx, owner)
    await tries.check(tx, limits.of_registering(visitor), now_us=now_us)
    return True


async def register(tx: Tx, organizer: Organizer, owner: Account, visitor: Visitor, *, now_us: int) -> bool:
    """Registers an organizer and its owner. False for a repeat, whose password is still to be compared. Raises IdInUse,
    EmailInUse."""
    if not await store.claim_organizer(tx, organizer, now_us):
        if await store.organizer_hash(tx, organizer.organizer_id) != organizer.content_hash:
            raise IdInUse
        return False
    if not await store.claim_account(tx, owner, now_us):
        raise await account_taken(tx, owner)
    await store.put_membership(tx, Membership(organizer.organizer_id, owner.account_id, people.OWNER), now_us)
    await tries.note(tx, organizer.organizer_id, limits.of_registering(visitor), now_us=now_us)
    return True


async def account_taken(tx: Tx, account: Account) -> EmailInUse | IdInUse:
    """Why an account cannot be made."""
    return EmailInUse() if await store.account_by_email(tx, account.email) else IdInUse()


async def add_member(tx: Tx, organizer_id: str, account: Account, role: int, *, by: str, now_us: int) -> Account:
    """Gives somebody a role, and ends tokens of another role; their account as it is now. by: which owner does it.
    Raises EmailInUse, IdInUse, LastOwner, AccessDenied."""
    await check_may(tx, organizer_id, by, people.OWNER)
    if not await store.claim_account(tx, account, now_us):
        known = await store.account_by_id(tx, account.account_id)
        if known is None or known.email != account.email:
            raise await account_taken(tx, account)
        account = known
    owners = await store.lock_owners(tx, organizer_id)
    before = await store.membership(tx, organizer_id, account.account_id)
    if before is not None:
        people.check_owners_left(owners, old_role=before.role, new_role=role)
    await store.put_membership(tx, Membership(organizer_id, account.account_id, role), now_us)
    if before is not None and before.role != role:
        await store.lock_account(tx, account.account_id)
        await end_access(tx, account.account_id, organizer_id=organizer_id, now_us=now_us)
    return account


async def remove_member(tx: Tx, organizer_id: str, account_id: str, *, by: str, now_us: int) -> None:
    """Takes somebody's role away and ends their sign-ins. by: which owner does it. Raises MemberNotFound, LastOwner,
    AccessDenied."""
    await check_may(tx, organizer_id, by, people.OWNER)
    owners = await store.lock_owners(tx, organizer_id)
    before = await store.membership(tx, organizer_id, account_id)
    if before is None:
        raise MemberNotFound
    if before.role == people.GONE:
        return
    people.check_owners_left(owners, old_role=before.role, new_role=None)
    await store.lock_account(tx, account_id)
    await store.put_membership(tx, replace(before, role=people.GONE), now_us)
    await door_store.revoke_of(tx, account_id, organizer_id)
    await end_access(tx, account_id, organizer_id=organizer_id, now_us=now_us)


async def start_guest(tx: Tx, guest: Guest, sign_in: SignIn, *, now_us: int) -> None:
    """Begins a guest session, or signs in to it again, also once it was merged into a person. Raises IdInUse for other
    content, and once the session has become the person: then the proof is what signs in."""
    if not await store.claim_guest(tx, guest, now_us):
        known = await store.lock_guest(tx, guest.guest_id)
        if known is None or known.content_hash != guest.content_hash or known.verified:
            raise IdInUse
    await begin(tx, sign_in, guest)
