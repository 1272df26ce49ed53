"""identity's transactions that sign people in and out."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from eventhub.common.v1.options_pb2 import Role
from eventhub.identity.v1.identity_events_pb2 import ContactProven, GuestMerged, TokensRevoked
from eventhub.refusals import AccessDenied, CredentialsWrong, GateNotFound, IdInUse, TokenExpired, TokenInvalid
from services.identity import people
from services.identity import store as people_store
from services.identity.door import codes, limits, signins, store, tries
from services.identity.door.limits import Visitor
from services.identity.door.signins import Claim, Code, Gate, Refresh, SignIn
from services.identity.people import Account, Guest, Membership
from services.kit.db import Tx, batches

TOLD_AT_ONCE = 500


async def redeem(
    tx: Tx, claim: Claim, fits: Callable[[Code], bool], sign_in: SignIn, visitor: Visitor, *, try_id: str, now_us: int
) -> Membership | Guest | None:
    """Uses a code up and begins a sign-in, and answers the person.

    The person is the address's guest. It is the address's member if no participant has used the address, if the
    claim names an organizer, or if it brings a password. The existence of an account alone changes nothing, because
    anyone can register an account with the address.

    Answers None if the code does not fit. It does not raise, because a refusal would roll back the count of the wrong
    try. fits: whether the digits are the code's. try_id: the id under which a wrong try is counted.
    """
    visitor = await tries.trusted(tx, visitor, claim.email)
    counted = (counter.name for counter in limits.of_codes(visitor))
    await store.serialize_on(tx, claim.email, signins.members_turn(claim.organizer_id), *counted, now_us=now_us)
    code, missed = await codes.match(tx, claim.email, fits, visitor, family_id=sign_in.family_id, now_us=now_us)
    if code is None:
        await tries.note(tx, try_id, *missed, now_us=now_us)
        return None
    accounts = people.claimants(await people_store.accounts_at(tx, claim.email), claim.session_id)
    means_account = bool(claim.organizer_id or claim.password_phc)
    as_member = means_account or not await people_store.lock_guests_of(tx, claim.email)
    found = await member_among(tx, accounts, claim.organizer_id) if as_member else None
    if found is None and claim.organizer_id:
        return None
    if not await store.use_code(tx, code, sign_in.family_id):
        return None
    who: Membership | Guest | None = None
    if found is not None:
        who = await join(tx, found, accounts, claim, now_us=now_us)
    elif claim.password_phc and accounts:
        await prove(tx, people.owner_of(accounts), claim, now_us=now_us)
    who = who or await recognise(tx, claim, now_us=now_us)
    await begin(tx, sign_in, who)
    return who


async def revoke_tokens(tx: Tx, ids: Sequence[str], *, now_us: int) -> None:
    """Announces that tokens are invalid from now on. Every process listens. ids: of tokens, gates or gates' secrets."""
    for some in batches(list(ids), TOLD_AT_ONCE):
        fact = TokensRevoked(revoked_ids=some)
        await tx.announce(fact, aggregate_id=some[0], topic=signins.REVOCATIONS, at_us=now_us)


async def end_family(tx: Tx, family_id: str, *, now_us: int) -> None:
    """Ends a sign-in: its refresh tokens and its access tokens."""
    await store.revoke_family(tx, family_id)
    live = await store.access_of_family(tx, family_id, now_us - signins.ACCESS_LIFE_US)
    await revoke_tokens(tx, live, now_us=now_us)


async def end_access(tx: Tx, subject_id: str, *, organizer_id: str = "", now_us: int) -> None:
    """Ends a person's access tokens, or only those for one organizer if it is given. Lock the account first."""
    live = await store.access_of(tx, subject_id, now_us - signins.ACCESS_LIFE_US, organizer_id=organizer_id)
    await revoke_tokens(tx, live, now_us=now_us)


async def member_among(tx: Tx, accounts: Sequence[Account], organizer_id: str) -> Membership | None:
    """The role that the owner of an address signs in with, or None. accounts: those of the address.

    With an organizer_id it is the role for that organizer, or an invitation to it. Without one it is the role for the
    organizer that an account joined first. If one of the accounts has proven the address, accounts that only claim it
    are not considered then.
    """
    for account in accounts:
        if not organizer_id:
            member = await people_store.first_membership(tx, account.account_id)
        else:
            member = await people_store.membership(tx, organizer_id, account.account_id)
        if member is not None and member.role != people.GONE:
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
    person = people.owner_of([claimed, *accounts])
    if person != claimed:
        await people_store.lock_account(tx, claimed.account_id)
        await people_store.put_membership(
            tx, replace(member, role=people.GONE, invited=False, became=person.account_id), now_us
        )
        await people_store.set_password(tx, claimed.account_id, "")
        await store.revoke_all_of(tx, claimed.account_id)
        await end_access(tx, claimed.account_id, now_us=now_us)
    joined = replace(member, account_id=person.account_id, proven=True, locale=person.locale, invited=False)
    if joined.account_id != member.account_id or member.invited:
        await people_store.put_membership(tx, joined, now_us)
    await prove(tx, person, claim, now_us=now_us)
    return joined


async def prove(tx: Tx, account: Account, claim: Claim, *, now_us: int) -> None:
    """Marks the address of an account as proven. At most one account has proven an address.

    If another person registered the account without proof, that person loses it: the password and the sign-ins end.
    They also end if the proof comes with a new password. Otherwise they stay if the call carries the account's own
    token.
    """
    account = await people_store.lock_account(tx, account.account_id) or account
    stranger = not account.verified and claim.session_id != account.account_id
    if stranger or claim.password_phc:
        await people_store.set_password(tx, account.account_id, claim.password_phc)
        await store.revoke_all_of(tx, account.account_id)
        await end_access(tx, account.account_id, now_us=now_us)
    if not account.verified:
        await people_store.verify_account(tx, account.account_id)
        await tx.announce(ContactProven(subject_id=account.account_id), aggregate_id=account.account_id, at_us=now_us)


async def recognise(tx: Tx, claim: Claim, *, now_us: int) -> Guest:
    """Finds or makes the one guest of a proven address, and merges every other session of the address into it.

    A merged session keeps access to its own orders and sees nothing else of the person, because the person who began it
    may not own the address. If the proof comes from a session, that session becomes the person, and tokens given for it
    before the proof end.
    """
    known = await people_store.lock_guests_of(tx, claim.email)
    stable = people.stable_of(known, claim.session_id)
    if stable is None:
        stable = people.newcomer(claim.newcomer_id, claim.email, known, claim.locale)
        await people_store.claim_guest(tx, stable, now_us)
    elif not stable.verified:
        await people_store.verify_guest(tx, stable.guest_id)
        await store.revoke_of(tx, stable.guest_id)
        await tx.announce(ContactProven(subject_id=stable.guest_id), aggregate_id=stable.guest_id, at_us=now_us)
    for other in known:
        if other.guest_id != stable.guest_id:
            await people_store.merge_guest(tx, other.guest_id, stable.guest_id)
            fact = GuestMerged(from_subject_id=other.guest_id, into_subject_id=stable.guest_id)
            await tx.announce(fact, aggregate_id=other.guest_id, topic=stable.guest_id, at_us=now_us)
    return stable


async def member_of(tx: Tx, account: Account, organizer_id: str) -> Membership | None:
    """The membership that an account signs in with: for the requested organizer, or for the first that it joined."""
    if not organizer_id:
        return await people_store.first_membership(tx, account.account_id)
    member = await people_store.membership(tx, organizer_id, account.account_id)
    return member if member and member.works else None


async def begin(tx: Tx, sign_in: SignIn, who: Membership | Guest) -> None:
    """Stores a sign-in's first refresh token."""
    subject_id, organizer_id = people.acts_as(who)
    token = Refresh(
        sign_in.token_hash,
        sign_in.family_id,
        subject_id,
        organizer_id,
        sign_in.expires_us,
        state=signins.FRESH,
        token_id=sign_in.token_id,
    )
    await store.add_refresh(tx, token)


async def refresh(
    tx: Tx, token_hash: str, successor_hash: str, *, token_id: str, now_us: int
) -> Membership | Guest | TokenInvalid | TokenExpired:
    """Exchanges a refresh token for its successor and answers the person as it is now.

    A refusal is answered, not raised. A token that is used twice ends the whole sign-in, and raising would roll that
    back. token_id: the id of the access token that the caller gets with the successor.
    """
    token = await lock_token(tx, token_hash, now_us=now_us)
    if token is None or token.state == signins.REVOKED:
        return TokenInvalid()
    if token.state == signins.FRESH and now_us >= token.expires_us:
        return TokenExpired()
    who = await present(tx, token)
    if who is None or not await store.use_refresh(tx, token_hash, successor_hash):
        await end_family(tx, token.family_id, now_us=now_us)
        return TokenInvalid()
    successor = replace(
        token,
        token_hash=successor_hash,
        state=signins.FRESH,
        expires_us=now_us + signins.REFRESH_LIFE_US,
        token_id=token_id,
    )
    await store.add_refresh(tx, successor)
    return who


async def lock_token(tx: Tx, token_hash: str, *, now_us: int) -> Refresh | None:
    """Locks a token and its whole sign-in until the transaction ends.

    Without the lock, a transaction that ends the sign-in could miss a successor that another transaction adds at the
    same time. The person is locked first, in the order of the transactions that end all sign-ins of a person.
    """
    token = await store.find_refresh(tx, token_hash)
    if token is None:
        return None
    if token.organizer_id:
        await people_store.lock_account(tx, token.subject_id)
    else:
        await people_store.lock_guest(tx, token.subject_id)
    await store.serialize_on(tx, f"family:{token.family_id}", now_us=now_us)
    return await store.lock_refresh(tx, token_hash)


async def present(tx: Tx, token: Refresh) -> Membership | Guest | None:
    """The member or guest of a token as it is now; None for a removed member.

    A session that was merged into a person stays itself: a caller who holds the session has not proven to be that
    person.
    """
    if token.organizer_id:
        member = await people_store.membership(tx, token.organizer_id, token.subject_id)
        return member if member and member.works else None
    return await people_store.guest(tx, token.subject_id)


async def revoke(tx: Tx, token_hash: str, *, now_us: int) -> None:
    """Ends the sign-in of a refresh token. An unknown token changes nothing."""
    token = await lock_token(tx, token_hash, now_us=now_us)
    if token is not None:
        await end_family(tx, token.family_id, now_us=now_us)


async def sign_in_member(tx: Tx, accounts: Sequence[Account], organizer_id: str, sign_in: SignIn) -> Membership:
    """Begins a sign-in for the first account that has the requested role. accounts: those that have the password.

    Raises CredentialsWrong if none has the role, or if the password has changed since it was checked.
    """
    for account in accounts:
        now = await people_store.lock_account(tx, account.account_id)
        member = await member_of(tx, account, organizer_id)
        if member is not None and now is not None and now.password_phc == account.password_phc:
            await begin(tx, sign_in, member)
            return member
    raise CredentialsWrong


async def check_may(tx: Tx, organizer_id: str, account_id: str, *roles: int) -> None:
    """Raises AccessDenied if a member lost the role since the token was given.

    A change that outlasts the token is not decided by the role in the token.
    """
    now = await people_store.membership(tx, organizer_id, account_id)
    if now is not None and now.role not in roles:
        raise AccessDenied(needs=",".join(Role.Name(Role.ValueType(role)).removeprefix("ROLE_") for role in roles))


async def enrol(tx: Tx, gate: Gate, *, by: str, now_us: int) -> None:
    """Enrols a gate, or gives it a new secret and ends the tokens given for the old one. by: the account of the owner
    or manager. Raises IdInUse, AccessDenied."""
    await check_may(tx, gate.organizer_id, by, people.OWNER, people.MANAGER)
    await store.serialize_on(tx, signins.enrolment_turn(gate.device_id), now_us=now_us)
    former = await store.find_gate(tx, gate.device_id)
    if not await store.put_gate(tx, gate, now_us):
        raise IdInUse
    if former is not None:
        await revoke_tokens(tx, [former.secret_id], now_us=now_us)


async def revoke_gate(tx: Tx, device_id: str, organizer_id: str, *, by: str, now_us: int) -> None:
    """Revokes a gate and all its tokens. by: the account of the owner or manager. Raises GateNotFound, AccessDenied."""
    await check_may(tx, organizer_id, by, people.OWNER, people.MANAGER)
    if not await store.revoke_gate(tx, device_id, organizer_id):
        raise GateNotFound
    await revoke_tokens(tx, [device_id], now_us=now_us)
