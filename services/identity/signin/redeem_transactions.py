"""identity's reads and writes that redeem an access code: the proof of an address, and its effects."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from eventhub.identity.v1.identity_events_pb2 import ContactProven, GuestMerged
from services.identity import account_store, guest_store, guests
from services.identity.accounts import Account, MemberRole, Membership, claimants, owner_of
from services.identity.guests import Guest
from services.identity.signin import attempt_transactions, code_transactions, limits, signins, store
from services.identity.signin.limits import Visitor
from services.identity.signin.signins import Claim, Code, SignIn
from services.identity.signin.transactions import begin, end_access
from services.kit.db import Tx


async def redeem(
    tx: Tx, claim: Claim, fits: Callable[[Code], bool], sign_in: SignIn, visitor: Visitor, *, try_id: str, now_us: int
) -> Membership | Guest | None:
    """Uses a code up, begins a sign-in and returns its person.

    The person is the address's guest. It is the address's member if no participant has used the address, if the
    claim names an organizer, or if it brings a password. The existence of an account alone changes nothing, because
    anyone can register an account with the address.

    Returns None if the code does not fit. It does not raise, because a refusal would roll back the count of the wrong
    try. fits: whether the digits are the code's. try_id: the id under which a wrong try is counted.
    """
    visitor = await attempt_transactions.with_trust(tx, visitor, claim.email)
    counted = (counter.name for counter in limits.of_codes(visitor))
    await store.serialize_on(tx, claim.email, signins.members_key(claim.organizer_id), *counted, now_us=now_us)
    code, missed = await code_transactions.match(
        tx, claim.email, fits, visitor, family_id=sign_in.family_id, now_us=now_us
    )
    if code is None:
        await attempt_transactions.add(tx, try_id, *missed, now_us=now_us)
        return None
    accounts = claimants(await account_store.find_accounts(tx, claim.email), claim.session_id)
    means_account = bool(claim.organizer_id or claim.password_phc)
    as_member = means_account or not await guest_store.lock_guests_of(tx, claim.email)
    found = await member_among(tx, accounts, claim.organizer_id) if as_member else None
    if found is None and claim.organizer_id:
        return None
    if not await store.use_code(tx, code, sign_in.family_id):
        return None
    person: Membership | Guest | None = None
    if found is not None:
        person = await join(tx, found, accounts, claim, now_us=now_us)
    elif claim.password_phc and accounts:
        await prove(tx, owner_of(accounts), claim, now_us=now_us)
    person = person or await recognize_guest(tx, claim, now_us=now_us)
    await begin(tx, sign_in, person)
    return person


async def member_among(tx: Tx, accounts: Sequence[Account], organizer_id: str) -> Membership | None:
    """The role that the owner of an address signs in with, or None. accounts: those of the address.

    With an organizer_id it is the role for that organizer, or an invitation to it. Without one it is the role for the
    organizer that an account joined first. If one of the accounts has proven the address, accounts that only claim it
    are not considered then.
    """
    for account in accounts:
        if not organizer_id:
            member = await account_store.find_first_membership(tx, account.account_id)
        else:
            member = await account_store.find_membership(tx, organizer_id, account.account_id)
        if member is not None and member.role != MemberRole.REMOVED:
            return member
        if account.verified and not organizer_id:
            return None
    return None


async def join(tx: Tx, member: Membership, accounts: Sequence[Account], claim: Claim, *, now_us: int) -> Membership:
    """Gives the owner of an address the role of one of its accounts, or accepts its invitation.

    If another account has proven the address, that account belongs to the owner and becomes the member in the claiming
    account's place.
    """
    claimed = next(account for account in accounts if account.account_id == member.account_id)
    owner = owner_of([claimed, *accounts])
    if owner != claimed:
        await account_store.lock_account(tx, claimed.account_id)
        await account_store.save_membership(
            tx, replace(member, role=MemberRole.REMOVED, invited=False, became=owner.account_id), now_us
        )
        await account_store.set_password(tx, claimed.account_id, "")
        await store.revoke_all_of(tx, claimed.account_id)
        await end_access(tx, claimed.account_id, now_us=now_us)
    joined = replace(member, account_id=owner.account_id, proven=True, locale=owner.locale, invited=False)
    if joined.account_id != member.account_id or member.invited:
        await account_store.save_membership(tx, joined, now_us)
    await prove(tx, owner, claim, now_us=now_us)
    return joined


async def prove(tx: Tx, account: Account, claim: Claim, *, now_us: int) -> None:
    """Marks the address of an account as proven. At most one account has proven an address.

    If another person registered the account without proof, that person loses it: the password and the sign-ins end.
    They also end if the proof comes with a new password. Otherwise they stay if the call carries the account's own
    token.
    """
    account = await account_store.lock_account(tx, account.account_id) or account
    stranger = not account.verified and claim.session_id != account.account_id
    if stranger or claim.password_phc:
        await account_store.set_password(tx, account.account_id, claim.password_phc)
        await store.revoke_all_of(tx, account.account_id)
        await end_access(tx, account.account_id, now_us=now_us)
    if not account.verified:
        await account_store.verify_account(tx, account.account_id)
        await tx.announce(ContactProven(subject_id=account.account_id), aggregate_id=account.account_id, at_us=now_us)


async def recognize_guest(tx: Tx, claim: Claim, *, now_us: int) -> Guest:
    """Finds or makes the one guest of a proven address, and merges every other session of the address into it.

    A merged session keeps access to its own orders and sees nothing else of the person, because the person who began it
    may not own the address. If the proof comes from a session, that session becomes the person, and tokens given for it
    before the proof end.
    """
    known = await guest_store.lock_guests_of(tx, claim.email)
    owner = guests.owner_of(known, claim.session_id)
    if owner is None:
        owner = guests.newcomer(claim.newcomer_id, claim.email, known, claim.locale)
        await guest_store.claim_guest(tx, owner, now_us)
    elif not owner.verified:
        await guest_store.verify_guest(tx, owner.guest_id)
        owner = replace(owner, verified=True)
        await store.revoke_of(tx, owner.guest_id)
        await tx.announce(ContactProven(subject_id=owner.guest_id), aggregate_id=owner.guest_id, at_us=now_us)
    for other in known:
        if other.guest_id != owner.guest_id:
            await guest_store.merge_guest(tx, other.guest_id, owner.guest_id)
            fact = GuestMerged(from_subject_id=other.guest_id, into_subject_id=owner.guest_id)
            await tx.announce(fact, aggregate_id=other.guest_id, topic=owner.guest_id, at_us=now_us)
    return owner
