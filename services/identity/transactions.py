"""identity's transactions about organizers, members and guests."""

from dataclasses import replace

from eventhub.identity.v1.identity_events_pb2 import AddressClaimed, MemberInvited
from eventhub.refusals import EmailInUse, IdInUse, MemberNotFound
from services.identity import people, store
from services.identity.door import limits, signins, tries
from services.identity.door import store as door_store
from services.identity.door.limits import Counter, Visitor
from services.identity.door.signins import SignIn
from services.identity.door.transactions import begin, check_may, end_access
from services.identity.people import Account, Guest, Member, Membership, Organizer
from services.kit.db import Tx


async def check_new(tx: Tx, organizer: Organizer, owner: Account, visitor: Visitor, *, now_us: int) -> bool:
    """Whether an organizer is new; False for a repeat.

    The servicer asks before it hashes the password, because hashing is expensive. Raises IdInUse, TooManyRequests.
    """
    known = await store.organizer_hash(tx, organizer.organizer_id)
    if known:
        if known != organizer.content_hash:
            raise IdInUse
        return False
    if await store.account_by_id(tx, owner.account_id):
        raise IdInUse
    await tries.check(tx, limits.of_registering(visitor), now_us=now_us)
    return True


async def register(tx: Tx, organizer: Organizer, owner: Account, visitor: Visitor, *, now_us: int) -> bool:
    """Registers an organizer and its owner. False for a repeat: the caller then compares the password.

    If the address has an account already, the new account claims it too, and the owner of the address gets a mail.
    Raises IdInUse.
    """
    if not await store.claim_organizer(tx, organizer, now_us):
        if await store.organizer_hash(tx, organizer.organizer_id) != organizer.content_hash:
            raise IdInUse
        return False
    known = await store.accounts_at(tx, owner.email)
    if not await store.claim_account(tx, owner, now_us):
        raise IdInUse
    await store.put_membership(tx, Membership(organizer.organizer_id, owner.account_id, people.OWNER), now_us)
    told = limits.of_claims(owner.email)
    if known and not await tries.full(tx, told, now_us):
        await tries.note(tx, owner.account_id, told, now_us=now_us)
        fact = AddressClaimed(organizer_id=organizer.organizer_id, account_id=owner.account_id)
        await tx.announce(fact, aggregate_id=owner.account_id, organizer_id=organizer.organizer_id, at_us=now_us)
    await tries.note(tx, organizer.organizer_id, limits.of_registering(visitor), now_us=now_us)
    return True


async def add_member(tx: Tx, organizer_id: str, account: Account, role: int, *, by: str, now_us: int) -> Member:
    """Invites a member, or gives a member another role and ends tokens with the old one. Answers the member as it is
    now.

    by: the account of the owner who makes the call. The invited account claims its address like any other account, so
    the call does not reveal whether the address has one. The invitation is in the owner's language unless the address
    has a known one. Raises EmailInUse, IdInUse, LastOwner, AccessDenied, TooManyRequests.
    """
    await door_store.serialize_on(tx, signins.members_turn(organizer_id), now_us=now_us)
    await check_may(tx, organizer_id, by, people.OWNER)
    owners = await store.lock_owners(tx, organizer_id)
    before = await store.followed_membership(tx, organizer_id, account.account_id)
    known = await store.account_by_id(tx, before.account_id if before else account.account_id)
    if known is not None and known.email != account.email:
        raise IdInUse
    account_id = known.account_id if known else account.account_id
    if await store.member_at(tx, organizer_id, account.email) not in ("", account_id):
        raise EmailInUse
    if known is None:
        account = replace(account, locale=await store.locale_of(tx, account.email) or account.locale)
        if not await store.claim_account(tx, account, now_us):
            raise IdInUse
    works = before is not None and before.works
    if before is not None and works:
        people.check_owners_left(owners, old_role=before.role, new_role=role)
    elif before is None or before.role == people.GONE:
        await tell_invited(tx, organizer_id, account_id, now_us=now_us)
    await store.put_membership(tx, Membership(organizer_id, account_id, role, invited=not works), now_us)
    if before is not None and works and before.role != role:
        await store.lock_account(tx, account_id)
        await end_access(tx, account_id, organizer_id=organizer_id, now_us=now_us)
    name = known.name if known is not None and works else account.name
    return Member(replace(account, account_id=account_id, name=name), role, invited=not works)


async def tell_invited(tx: Tx, organizer_id: str, account_id: str, *, now_us: int) -> None:
    """Has an invitation mailed. Raises TooManyRequests, because an organizer can name any address."""
    mailed = limits.of_inviting(organizer_id)
    await tries.check(tx, mailed, now_us=now_us)
    await tries.note(tx, account_id, mailed, now_us=now_us)
    fact = MemberInvited(organizer_id=organizer_id, account_id=account_id)
    await tx.announce(fact, aggregate_id=account_id, organizer_id=organizer_id, at_us=now_us)


async def remove_member(tx: Tx, organizer_id: str, account_id: str, *, by: str, now_us: int) -> None:
    """Removes a member and ends their sign-ins, or withdraws an invitation. by: the account of the owner who makes the
    call. Raises MemberNotFound, LastOwner, AccessDenied."""
    await door_store.serialize_on(tx, signins.members_turn(organizer_id), now_us=now_us)
    await check_may(tx, organizer_id, by, people.OWNER)
    owners = await store.lock_owners(tx, organizer_id)
    before = await store.followed_membership(tx, organizer_id, account_id)
    if before is None:
        raise MemberNotFound
    if before.role == people.GONE:
        return
    if before.works:
        people.check_owners_left(owners, old_role=before.role, new_role=None)
    await store.lock_account(tx, before.account_id)
    await store.put_membership(tx, replace(before, role=people.GONE, invited=False), now_us)
    await door_store.revoke_of(tx, before.account_id, organizer_id)
    await end_access(tx, before.account_id, organizer_id=organizer_id, now_us=now_us)


async def start_guest(tx: Tx, guest: Guest, sign_in: SignIn, begun: Counter, *, attempt_id: str, now_us: int) -> None:
    """Begins a guest session, or signs in to it again, even after it was merged into a person.

    begun: the counter of sessions from the network address. Raises IdInUse if the content differs, or if the session
    became the person: then only the proof signs in. Raises TooManyRequests if the network address has begun too many
    sessions.
    """
    if await store.claim_guest(tx, guest, now_us):
        await door_store.serialize_on(tx, begun.name, now_us=now_us)
        await tries.check(tx, begun, now_us=now_us)
        await tries.note(tx, attempt_id, begun, now_us=now_us)
    else:
        known = await store.lock_guest(tx, guest.guest_id)
        if known is None or known.content_hash != guest.content_hash or known.verified:
            raise IdInUse
    await begin(tx, sign_in, guest)
