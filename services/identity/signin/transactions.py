"""identity's reads and writes that begin, renew and end sign-ins."""

from collections.abc import Sequence
from dataclasses import replace

from eventhub.identity.v1.identity_events_pb2 import TokensRevoked
from eventhub.refusals import AccessDenied, CredentialsWrong, TokenExpired, TokenInvalid
from services.identity import account_store, guest_store
from services.identity.accounts import Account, MemberRole, Membership
from services.identity.guests import Guest
from services.identity.signin import signins, store
from services.identity.signin.signins import RefreshState, RefreshToken, SignIn
from services.kit.db import Tx, batches

REVOKED_AT_ONCE = 500


async def revoke_tokens(tx: Tx, ids: Sequence[str], *, now_us: int) -> None:
    """Announces that tokens are invalid from now on. Every process listens. ids: of tokens, gates or gates' secrets."""
    for some in batches(list(ids), REVOKED_AT_ONCE):
        fact = TokensRevoked(revoked_ids=some)
        await tx.announce(fact, aggregate_id=some[0], topic=signins.REVOCATIONS, at_us=now_us)


async def end_family(tx: Tx, family_id: str, *, now_us: int) -> None:
    """Ends a sign-in: its refresh tokens and its access tokens."""
    await store.revoke_family(tx, family_id)
    live = await store.find_family_access_tokens(tx, family_id, now_us - signins.ACCESS_LIFE_US)
    await revoke_tokens(tx, live, now_us=now_us)


async def end_access(tx: Tx, subject_id: str, *, organizer_id: str = "", now_us: int) -> None:
    """Ends a person's access tokens, or only those for one organizer if it is given. Lock the account first."""
    live = await store.find_access_tokens(tx, subject_id, now_us - signins.ACCESS_LIFE_US, organizer_id=organizer_id)
    await revoke_tokens(tx, live, now_us=now_us)


async def membership_of(tx: Tx, account: Account, organizer_id: str) -> Membership | None:
    """The membership that an account signs in with: for the requested organizer, or for the first that it joined."""
    if not organizer_id:
        return await account_store.find_first_membership(tx, account.account_id)
    member = await account_store.find_membership(tx, organizer_id, account.account_id)
    return member if member and member.works else None


async def begin(tx: Tx, sign_in: SignIn, person: Membership | Guest) -> None:
    """Stores a sign-in's first refresh token."""
    token = RefreshToken(
        token_hash=sign_in.token_hash,
        family_id=sign_in.family_id,
        subject_id=person.subject_id,
        organizer_id=person.organizer_id,
        expires_us=sign_in.expires_us,
        token_id=sign_in.token_id,
    )
    await store.add_refresh_token(tx, token)


async def refresh(
    tx: Tx, token_hash: str, successor_hash: str, *, token_id: str, now_us: int
) -> Membership | Guest | TokenInvalid | TokenExpired:
    """Exchanges a refresh token for its successor and returns the person as it is now.

    A refusal is returned, not raised. A token that is used twice ends the whole sign-in, and raising would roll that
    back. token_id: the id of the access token that the caller gets with the successor.
    """
    token = await lock_token(tx, token_hash, now_us=now_us)
    if token is None or token.state == RefreshState.REVOKED:
        return TokenInvalid()
    if token.state == RefreshState.FRESH and now_us >= token.expires_us:
        return TokenExpired()
    person = await holder_of(tx, token)
    if person is None or not await store.use_refresh_token(tx, token_hash, successor_hash):
        await end_family(tx, token.family_id, now_us=now_us)
        return TokenInvalid()
    successor = replace(
        token,
        token_hash=successor_hash,
        state=RefreshState.FRESH,
        expires_us=now_us + signins.REFRESH_LIFE_US,
        token_id=token_id,
    )
    await store.add_refresh_token(tx, successor)
    return person


async def lock_token(tx: Tx, token_hash: str, *, now_us: int) -> RefreshToken | None:
    """Locks a token and its whole sign-in until the transaction ends.

    Without the lock, a transaction that ends the sign-in could miss a successor that another transaction adds at the
    same time. The person is locked first, in the order of the transactions that end all sign-ins of a person.
    """
    token = await store.find_refresh_token(tx, token_hash)
    if token is None:
        return None
    if token.organizer_id:
        await account_store.lock_account(tx, token.subject_id)
    else:
        await guest_store.lock_guest(tx, token.subject_id)
    await store.serialize_on(tx, f"family:{token.family_id}", now_us=now_us)
    return await store.lock_refresh_token(tx, token_hash)


async def holder_of(tx: Tx, token: RefreshToken) -> Membership | Guest | None:
    """The member or guest of a token as it is now; None for a removed member.

    A session that was merged into a person stays itself: a caller that holds the session has not proven to be that
    person.
    """
    if token.organizer_id:
        member = await account_store.find_membership(tx, token.organizer_id, token.subject_id)
        return member if member and member.works else None
    return await guest_store.find_guest(tx, token.subject_id)


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
        current = await account_store.lock_account(tx, account.account_id)
        member = await membership_of(tx, account, organizer_id)
        if member is not None and current is not None and current.password_phc == account.password_phc:
            await begin(tx, sign_in, member)
            return member
    raise CredentialsWrong


async def check_role(tx: Tx, organizer_id: str, account_id: str, *roles: MemberRole) -> None:
    """Raises AccessDenied if a member lost the role since the token was given.

    A change that outlasts the token is not decided by the role in the token.
    """
    member = await account_store.find_membership(tx, organizer_id, account_id)
    if member is not None and member.role not in roles:
        raise AccessDenied(needs=",".join(role.name for role in roles))
