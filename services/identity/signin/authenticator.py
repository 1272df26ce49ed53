"""Gives tokens to callers who have proven their identity."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import replace

from eventhub.common.v1.options_pb2 import ACCESS_OPERATOR
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.refusal import TransientRefusal
from eventhub.refusals import CodeExpired, CredentialsWrong, TokenExpired, TokenInvalid
from services.identity import account_store, check, convert
from services.identity.accounts import Account
from services.identity.keys import HashedKind, KeyRing, hashed
from services.identity.passwords import Passwords
from services.identity.signin import (
    attempt_transactions,
    code_transactions,
    limits,
    redeem_transactions,
    signins,
    store,
    transactions,
)
from services.identity.signin.limits import Counter, Trust, Visitor
from services.identity.signin.signins import Claim, Code, SignIn
from services.kit.db import Database
from services.kit.feeds import positions
from services.kit.rpc import Call, Caller, tokens
from services.kit.values import SECOND_US, Clock, Ids

OPERATOR = "operator"
POSITIONED_WITHIN_S = 1.0


class Authenticator:
    """Checks proofs, counts wrong tries and makes tokens."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        *,
        ring: KeyRing,
        passwords: Passwords,
        issuer: Callable[[], str],
    ) -> None:
        """ring: the keys that sign tokens. passwords: hashes and verifies them. issuer: the base address of the keys'
        document, for the claim "iss"; known once the HTTP port listens."""
        self._database = database
        self._clock = clock
        self._ids = ids
        self._ring = ring
        self._passwords = passwords
        self._issuer = issuer

    def new_sign_in(self) -> tuple[str, SignIn]:
        """A refresh token and the sign-in that it begins."""
        secret = self._ids.secret()
        expires_us = self._clock.now_us() + signins.REFRESH_LIFE_US
        return secret, SignIn(
            token_hash=hashed(secret),
            family_id=self._ids.new("fam"),
            expires_us=expires_us,
            token_id=self._ids.new("tok"),
        )

    def tokens(self, caller: Caller, token_id: str, refresh_token: str = "") -> Tokens:
        """Tokens for a caller, valid from now. token_id: the id by which the access token can be revoked."""
        now_us = self._clock.now_us()
        until_us = now_us + tokens.LIFETIME_S * SECOND_US
        named = replace(caller, expires_at_us=until_us)
        key = self._ring.signing[0]
        signed = tokens.sign(
            named, issuer=self._issuer(), key_id=key.key_id, key=key.private, token_id=token_id, now_us=now_us
        )
        return convert.tokens_pb(signed, named, refresh_token)

    async def refresh(self, refresh_token: str) -> Tokens:
        """The next tokens of a sign-in, with the person's present role and proof. Raises TokenInvalid, TokenExpired."""
        secret, token_id = self._ids.secret(), self._ids.new("tok")
        person = await self._database.write(
            transactions.refresh,
            hashed(refresh_token),
            hashed(secret),
            token_id=token_id,
            now_us=self._clock.now_us(),
        )
        if isinstance(person, TokenInvalid | TokenExpired):
            raise person
        return self.tokens(convert.caller(person), token_id, secret)

    async def sign_out(self, refresh_token: str) -> None:
        """Ends the sign-in of a refresh token. An unknown token changes nothing."""
        await self._database.write(transactions.revoke, hashed(refresh_token), now_us=self._clock.now_us())

    def visitor(self, call: Call) -> Visitor:
        """A caller as the limits count it."""
        caller = call.caller
        address = self._ring.keyed_hash(HashedKind.NETWORK_ADDRESS, call.address)
        return Visitor(address, caller.subject_id or caller.expired_subject_id)

    async def send_code(self, email: str, visitor: Visitor, locale: str) -> int:
        """Has a code sent and returns when the address's code expires. locale: the visitor's language; if empty, the
        language of the address is used. Raises TooManyRequests."""
        now_us = self._clock.now_us()
        expires_us = now_us + signins.CODE_LIFE_US
        code = Code(
            code_id=self._ids.new("cod"),
            email=email,
            expires_us=expires_us,
            digits=signins.SHORT_DIGITS,
            asked_by=visitor.asks_as,
            locale=locale,
        )
        return await self._database.write(code_transactions.issue, code, visitor, now_us=now_us)

    async def sign_in_by_code(self, claim: Claim, digits: str, new_password: str, visitor: Visitor) -> Tokens:
        """Tokens for the person who received a code.

        Raises CodeExpired for a wrong try, which counts, and TooManyRequests.
        """

        def fits(code: Code) -> bool:
            return hmac.compare_digest(self._ring.code_digits(code.code_id, code.email, code.digits), digits)

        phc = await self._hash_new(claim, fits, new_password, visitor) if new_password else ""
        secret, sign_in = self.new_sign_in()
        person = await self._database.write(
            redeem_transactions.redeem,
            replace(claim, password_phc=phc),
            fits if phc or not new_password else fits_none,
            sign_in,
            visitor,
            try_id=self._ids.new("try"),
            now_us=self._clock.now_us(),
        )
        if person is None:
            raise CodeExpired
        caller = convert.caller(person)
        if caller.is_buyer:
            caller = await self._positioned(caller)
        return self.tokens(caller, sign_in.token_id, secret)

    async def _positioned(self, caller: Caller) -> Caller:
        """The caller with a position in history, after their sessions were merged.

        Other contexts catch up to the position before they answer, so the person sees the merge at once.
        """
        try:
            async with asyncio.timeout(POSITIONED_WITHIN_S):
                reached = await positions.positioned(self._database, caller.subject_id)
        except (TimeoutError, TransientRefusal):
            return caller  # the proof counts anyway; other contexts show the merge a little later
        return replace(caller, known_epoch=reached.epoch, known_position=reached.position)

    async def _hash_new(self, claim: Claim, fits: Callable[[Code], bool], new_password: str, visitor: Visitor) -> str:
        """A new password in PHC form; empty if the code is wrong.

        Hashing is expensive and any caller can send wrong codes, so the code is checked first. Raises InvalidRequest,
        TooManyRequests.
        """
        now_us = self._clock.now_us()
        visitor = await self._database.read(attempt_transactions.with_trust, visitor, claim.email)
        code, _ = await self._database.read(code_transactions.match, claim.email, fits, visitor, now_us=now_us)
        if code is None:
            return ""
        names = [account.name for account in await self._database.read(account_store.find_accounts, claim.email)]
        check.new_password(new_password, field="new_password", known=(claim.email, *names))
        return await self.hash_password(new_password, claim.email, visitor)

    async def sign_in_by_password(self, email: str, password: str, organizer_id: str, visitor: Visitor) -> Tokens:
        """Tokens for a member. Raises CredentialsWrong, TooManyRequests."""
        accounts = await self.accounts_with_password(email, password, visitor)
        secret, sign_in = self.new_sign_in()
        member = await self._database.write(transactions.sign_in_member, accounts, organizer_id, sign_in)
        return self.tokens(convert.caller(member), sign_in.token_id, secret)

    async def hash_password(self, password: str, email: str, visitor: Visitor) -> str:
        """The PHC form of an account's password. Raises TooManyRequests."""
        return await self._passwords.hash(password, self._ring.password_salt(email), visitor.lane)

    async def accounts_with_password(self, email: str, password: str, visitor: Visitor) -> list[Account]:
        """The accounts of an address that have this password.

        If the visitor's token is of an account that only claims the address, only that account is tried. Raises
        TooManyRequests after too many wrong passwords.
        """
        visitor = await self._database.read(attempt_transactions.with_trust, visitor, email)
        counters = limits.of_password(email, visitor)
        await self._database.read(attempt_transactions.check, *counters, now_us=self._clock.now_us())
        accounts = await self._database.read(account_store.find_accounts, email)
        if visitor.may_sign_in and visitor.trust is Trust.CLAIMS:
            accounts = [account for account in accounts if account.account_id == visitor.subject_id]
        right = await self._passwords.accounts_with(password, accounts, self._ring.password_salt(email), visitor.lane)
        await self._count(*counters, right=bool(right))
        return right

    async def sign_in_gate(self, device_id: str, secret: str) -> Tokens:
        """Tokens for a gate device. Raises CredentialsWrong, TooManyRequests."""
        gate = await self._database.read(store.find_gate, device_id)
        right = gate is not None and not gate.revoked and hmac.compare_digest(gate.secret_hash, hashed(secret))
        await self._count_secret(limits.of_secret(f"gate:{device_id}"), right=right)
        if gate is None or not right:
            raise CredentialsWrong
        return self.tokens(convert.gate_caller(gate), self._ids.new("tok"))

    async def sign_in_operator(self, secret: str) -> Tokens:
        """Tokens for the operator of the installation. Raises CredentialsWrong, TooManyRequests."""
        right = hmac.compare_digest(self._ring.operator_hash, hashed(secret))
        await self._count_secret(limits.of_secret(OPERATOR), right=right)
        if not right:
            raise CredentialsWrong
        return self.tokens(Caller(kind=ACCESS_OPERATOR, subject_id=OPERATOR), self._ids.new("tok"))

    async def _count_secret(self, counter: Counter, *, right: bool) -> None:
        """Counts a wrong try of a generated secret, or clears the counter.

        A right secret is accepted however many wrong ones strangers have tried, because 256 bits cannot be guessed.
        """
        if right:
            await self._database.write(store.clear_attempts, counter)
        else:
            await self._count(counter, right=False)

    async def _count(self, *counters: Counter, right: bool) -> None:
        try_id, now_us = self._ids.new("try"), self._clock.now_us()
        await self._database.write(attempt_transactions.count, try_id, *counters, right=right, now_us=now_us)


def fits_none(code: Code) -> bool:
    """Fits no code: used when a wrong code was found before the password was hashed."""
    return False
