"""identity's reads and writes of organizers, members, guests and customers."""

from dataclasses import replace

from eventhub.identity.v1.identity_events_pb2 import AddressClaimed, MemberInvited
from eventhub.refusals import EmailInUse, IdInUse, MemberNotFound, SubjectNotFound
from services.identity import account_store, guest_store
from services.identity.accounts import Account, Member, MemberRole, Membership, Organizer, check_owners_left
from services.identity.guests import Guest
from services.identity.signin import attempt_transactions, limits, signins
from services.identity.signin import store as signin_store
from services.identity.signin.limits import Counter, Visitor
from services.identity.signin.signins import SignIn
from services.identity.signin.transactions import begin, check_role, end_access
from services.kit.db import Tx
from services.kit.rpc import Caller


async def check_new(tx: Tx, organizer: Organizer, owner: Account, visitor: Visitor, *, now_us: int) -> bool:
    """Whether an organizer is new; False for a repeat.

    The servicer asks before it hashes the password, because hashing is expensive. Raises IdInUse, TooManyRequests.
    """
    known = await account_store.organizer_hash(tx, organizer.organizer_id)
    if known:
        if known != organizer.content_hash:
            raise IdInUse
        return False
    if await account_store.find_account(tx, owner.account_id):
        raise IdInUse
    await attempt_transactions.check(tx, limits.of_registering(visitor), now_us=now_us)
    return True


async def register(tx: Tx, organizer: Organizer, owner: Account, visitor: Visitor, *, now_us: int) -> bool:
    """Registers an organizer and its owner. False for a repeat: the caller then compares the password.

    If the address has an account already, the new account claims it too, and the owner of the address gets a mail.
    Raises IdInUse.
    """
    if not await account_store.claim_organizer(tx, organizer, now_us):
        if await account_store.organizer_hash(tx, organizer.organizer_id) != organizer.content_hash:
            raise IdInUse
        return False
    known = await account_store.find_accounts(tx, owner.email)
    if not await account_store.claim_account(tx, owner, now_us):
        raise IdInUse
    await account_store.save_membership(
        tx, Membership(organizer_id=organizer.organizer_id, account_id=owner.account_id, role=MemberRole.OWNER), now_us
    )
    counter = limits.of_claims(owner.email)
    if known and not await attempt_transactions.is_full(tx, counter, now_us):
        await attempt_transactions.add(tx, owner.account_id, counter, now_us=now_us)
        fact = AddressClaimed(organizer_id=organizer.organizer_id, account_id=owner.account_id)
        await tx.announce(fact, aggregate_id=owner.account_id, organizer_id=organizer.organizer_id, at_us=now_us)
    await attempt_transactions.add(tx, organizer.organizer_id, limits.of_registering(visitor), now_us=now_us)
    return True


async def add_member(tx: Tx, organizer_id: str, account: Account, role: MemberRole, *, by: str, now_us: int) -> Member:
    """Invites a member, or gives a member another role and ends tokens with the old one. Returns the member as it is
    now.

    by: the account of the owner who makes the call. The invited account claims its address like any other account, so
    the call does not reveal whether the address has one. The invitation is in the owner's language unless the address
    has a known one. Raises EmailInUse, IdInUse, LastOwner, AccessDenied, TooManyRequests.
    """
    await signin_store.serialize_on(tx, signins.members_key(organizer_id), now_us=now_us)
    await check_role(tx, organizer_id, by, MemberRole.OWNER)
    owners = await account_store.lock_owners(tx, organizer_id)
    before = await account_store.find_followed_membership(tx, organizer_id, account.account_id)
    known = await account_store.find_account(tx, before.account_id if before else account.account_id)
    if known is not None and known.email != account.email:
        raise IdInUse
    account_id = known.account_id if known else account.account_id
    if await account_store.find_member_at(tx, organizer_id, account.email) not in ("", account_id):
        raise EmailInUse
    if known is None:
        account = replace(account, locale=await account_store.find_locale(tx, account.email) or account.locale)
        if not await account_store.claim_account(tx, account, now_us):
            raise IdInUse
    works = before is not None and before.works
    if before is not None and works:
        check_owners_left(owners, old_role=before.role, new_role=role)
    elif before is None or before.role == MemberRole.REMOVED:
        await invite(tx, organizer_id, account_id, now_us=now_us)
    await account_store.save_membership(
        tx, Membership(organizer_id=organizer_id, account_id=account_id, role=role, invited=not works), now_us
    )
    if before is not None and works and before.role != role:
        await account_store.lock_account(tx, account_id)
        await end_access(tx, account_id, organizer_id=organizer_id, now_us=now_us)
    name = known.name if known is not None and works else account.name
    return Member(replace(account, account_id=account_id, name=name), role, invited=not works)


async def invite(tx: Tx, organizer_id: str, account_id: str, *, now_us: int) -> None:
    """Has an invitation mailed. Raises TooManyRequests, because an organizer can name any address."""
    counter = limits.of_inviting(organizer_id)
    await attempt_transactions.check(tx, counter, now_us=now_us)
    await attempt_transactions.add(tx, account_id, counter, now_us=now_us)
    fact = MemberInvited(organizer_id=organizer_id, account_id=account_id)
    await tx.announce(fact, aggregate_id=account_id, organizer_id=organizer_id, at_us=now_us)


async def remove_member(tx: Tx, organizer_id: str, account_id: str, *, by: str, now_us: int) -> None:
    """Removes a member and ends their sign-ins, or withdraws an invitation. by: the account of the owner who makes the
    call. Raises MemberNotFound, LastOwner, AccessDenied."""
    await signin_store.serialize_on(tx, signins.members_key(organizer_id), now_us=now_us)
    await check_role(tx, organizer_id, by, MemberRole.OWNER)
    owners = await account_store.lock_owners(tx, organizer_id)
    before = await account_store.find_followed_membership(tx, organizer_id, account_id)
    if before is None:
        raise MemberNotFound
    if before.role == MemberRole.REMOVED:
        return
    if before.works:
        check_owners_left(owners, old_role=before.role, new_role=MemberRole.REMOVED)
    await account_store.lock_account(tx, before.account_id)
    await account_store.save_membership(tx, replace(before, role=MemberRole.REMOVED, invited=False), now_us)
    await signin_store.revoke_of(tx, before.account_id, organizer_id)
    await end_access(tx, before.account_id, organizer_id=organizer_id, now_us=now_us)


async def start_guest(tx: Tx, guest: Guest, sign_in: SignIn, counter: Counter, *, attempt_id: str, now_us: int) -> None:
    """Begins a guest session, or signs in to it again, even after it was merged into a person.

    counter: the counter of sessions from the network address. Raises IdInUse if the content differs, or if the session
    became the person: then only the proof signs in. Raises TooManyRequests if the network address has begun too many
    sessions.
    """
    if await guest_store.claim_guest(tx, guest, now_us):
        await signin_store.serialize_on(tx, counter.name, now_us=now_us)
        await attempt_transactions.check(tx, counter, now_us=now_us)
        await attempt_transactions.add(tx, attempt_id, counter, now_us=now_us)
    else:
        known = await guest_store.lock_guest(tx, guest.guest_id)
        if known is None or known.content_hash != guest.content_hash or known.verified:
            raise IdInUse
    await begin(tx, sign_in, guest)


async def keep_customer(tx: Tx, customer: Guest, *, now_us: int) -> str:
    """Stores a customer at the counter and returns the buyer's subject: that of the person who has proven the e-mail,
    else the customer's."""
    if customer.email:
        # A concurrent proof of the e-mail finds the customer.
        await signin_store.serialize_on(tx, customer.email, now_us=now_us)
        known = await guest_store.lock_guests_of(tx, customer.email)
        if known and known[0].verified:
            return known[0].guest_id
    await guest_store.claim_guest(tx, customer, now_us)
    person = await guest_store.find_person(tx, customer.guest_id)
    assert person is not None, "the customer was claimed, now or before"
    return person.guest_id


async def find_person(tx: Tx, subject_id: str) -> Account | Guest:
    """The account or guest of a subject; for a merged session, the guest that it was merged into. Raises
    SubjectNotFound."""
    found = await guest_store.find_person(tx, subject_id) or await account_store.find_account(tx, subject_id)
    if found is None:
        raise SubjectNotFound
    return found


async def find_caller(tx: Tx, caller: Caller) -> Account | Guest:
    """The account or guest that makes a call. A merged session stays itself. Raises SubjectNotFound."""
    find = account_store.find_account if caller.is_member else guest_store.find_guest
    found = await find(tx, caller.subject_id)
    if found is None:
        raise SubjectNotFound
    return found
