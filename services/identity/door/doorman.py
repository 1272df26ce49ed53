"""The doorman gives tokens to callers who have proven their identity."""

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import replace

from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_GATE, ACCESS_OPERATOR, ACCESS_ORGANIZER, Role
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.refusal import TransientRefusal
from eventhub.refusals import CodeExpired, CredentialsWrong, TokenExpired, TokenInvalid
from services.identity import password_rules, people, store
from services.identity.door import codes, limits, signins, transactions, tries
from services.identity.door import store as door_store
from services.identity.door.limits import Counter, Trust, Visitor
from services.identity.door.signins import Claim, Code, Gate, SignIn
from services.identity.keys import KeyRing, hashed
from services.identity.passwords import Passwords
from services.identity.people import Account, Guest, Membership
from services.kit.db import Database
from services.kit.feeds import positions
from services.kit.rpc import Call, Caller, tokens
from services.kit.values import SECOND_US, Clock, Ids, to_timestamp

OPERATOR = "operator"
POSITIONED_WITHIN_S = 1.0


class Doorman:
    """Checks proofs, counts wrong tries and makes tokens."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        ring: KeyRing,
        passwords: Passwords,
        *,
        issuer: Callable[[], str],
    ) -> None:
        """ring: the keys that sign tokens. passwords: hashes and verifies them. issuer: the base address of the keys'
        document, for the claim "iss"; known once the HTTP port listens."""
        self._database = database
        self._clock = clock
        self._ids = ids
        self._ring = ring
        self.passwords = passwords
        self._issuer = issuer

    def new_sign_in(self) -> tuple[str, SignIn]:
        """A refresh token and the sign-in that it begins."""
        secret = self._ids.secret()
        expires_us = self._clock.now_us() + signins.REFRESH_LIFE_US
        return secret, SignIn(hashed(secret), self._ids.new("fam"), expires_us, self._ids.new("tok"))

    def tokens(self, caller: Caller, token_id: str, refresh_token: str = "") -> Tokens:
        """Tokens for a caller, valid from now. token_id: the id by which the access token can be revoked."""
        now_us = self._clock.now_us()
        until_us = now_us + tokens.LIFETIME_S * SECOND_US
        named = replace(caller, expires_at_us=until_us)
        key = self._ring.signing[0]
        signed = tokens.sign(
            named, issuer=self._issuer(), key_id=key.key_id, key=key.private, token_id=token_id, now_us=now_us
        )
        return Tokens(
            access_token=signed,
            expires_at=to_timestamp(until_us),
            refresh_token=refresh_token,
            subject_id=caller.subject_id,
            organizer_id=caller.organizer_id,
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """The next tokens of a sign-in, with the person's present role and proof. Raises TokenInvalid, TokenExpired."""
        secret, token_id = self._ids.secret(), self._ids.new("tok")
        who = await self._database.write(
            transactions.refresh,
            hashed(refresh_token),
            hashed(secret),
            token_id=token_id,
            now_us=self._clock.now_us(),
        )
        if isinstance(who, TokenInvalid | TokenExpired):
            raise who
        return self.tokens(caller_of(who), token_id, secret)

    def visitor(self, call: Call) -> Visitor:
        """A caller as the limits count it."""
        caller = call.caller
        address = self._ring.participant_key("address", call.address)
        return Visitor(address, caller.subject_id or caller.expired_subject_id)

    async def send_code(self, email: str, visitor: Visitor, locale: str) -> int:
        """Has a code sent and answers when the address's code expires. locale: the visitor's language; if empty, the
        language of the address is used. Raises TooManyRequests."""
        now_us = self._clock.now_us()
        expires_us = now_us + signins.CODE_LIFE_US
        code = Code(self._ids.new("cod"), email, expires_us, signins.SHORT_DIGITS, visitor.asks_as, locale=locale)
        return await self._database.write(codes.issue, code, visitor, now_us=now_us)

    async def by_code(self, claim: Claim, digits: str, new_password: str, visitor: Visitor) -> Tokens:
        """Tokens for the person who received a code.

        Raises CodeExpired for a wrong try, which counts, and TooManyRequests.
        """

        def fits(code: Code) -> bool:
            return hmac.compare_digest(self._ring.code(code.code_id, code.email, code.digits), digits)

        phc = await self._hashed(claim, fits, new_password, visitor) if new_password else ""
        secret, sign_in = self.new_sign_in()
        who = await self._database.write(
            transactions.redeem,
            replace(claim, password_phc=phc),
            fits if phc or not new_password else never,
            sign_in,
            visitor,
            try_id=self._ids.new("try"),
            now_us=self._clock.now_us(),
        )
        if who is None:
            raise CodeExpired
        caller = caller_of(who)
        if caller.is_buyer:
            caller = await self._told(caller)
        return self.tokens(caller, sign_in.token_id, secret)

    async def _told(self, caller: Caller) -> Caller:
        """The caller with a position in history, after their sessions were merged.

        Other contexts catch up to the position before they answer, so the person sees the merge at once.
        """
        try:
            async with asyncio.timeout(POSITIONED_WITHIN_S):
                now = await positions.positioned(self._database, caller.subject_id)
        except (TimeoutError, TransientRefusal):
            return caller  # the proof counts anyway; other contexts show the merge a little later
        return replace(caller, known_epoch=now.epoch, known_position=now.position)

    async def _hashed(self, claim: Claim, fits: Callable[[Code], bool], new_password: str, visitor: Visitor) -> str:
        """A new password in PHC form; empty if the code is wrong.

        Hashing is expensive and any caller can send wrong codes, so the code is checked first. Raises InvalidRequest,
        TooManyRequests.
        """
        visitor, now_us = await self._database.read(tries.trusted, visitor, claim.email), self._clock.now_us()
        code, _ = await self._database.read(codes.match, claim.email, fits, visitor, now_us=now_us)
        if code is None:
            return ""
        names = [account.name for account in await self._database.read(store.accounts_at, claim.email)]
        password_rules.check(new_password, field="new_password", known=(claim.email, *names))
        return await self.hash(new_password, claim.email, visitor)

    async def by_password(self, email: str, password: str, organizer_id: str, visitor: Visitor) -> Tokens:
        """Tokens for a member. Raises CredentialsWrong, TooManyRequests."""
        accounts = await self.accounts_proven(email, password, visitor)
        secret, sign_in = self.new_sign_in()
        member = await self._database.write(transactions.sign_in_member, accounts, organizer_id, sign_in)
        return self.tokens(caller_of(member), sign_in.token_id, secret)

    async def hash(self, password: str, email: str, visitor: Visitor) -> str:
        """The PHC form of an account's password. Raises TooManyRequests."""
        return await self.passwords.hash(password, self._ring.salt(email), visitor.lane)

    async def accounts_proven(self, email: str, password: str, visitor: Visitor) -> list[Account]:
        """The accounts of an address that have this password.

        If the visitor's token is of an account that only claims the address, only that account is tried. Raises
        TooManyRequests after too many wrong passwords.
        """
        visitor = await self._database.read(tries.trusted, visitor, email)
        counters = limits.of_password(email, visitor)
        await self._database.read(tries.check, *counters, now_us=self._clock.now_us())
        accounts = await self._database.read(store.accounts_at, email)
        if visitor.may_sign_in and visitor.trust is Trust.CLAIMS:
            accounts = [account for account in accounts if account.account_id == visitor.subject_id]
        right = await self.passwords.fitting(password, accounts, self._ring.salt(email), visitor.lane)
        await self._note_try(*counters, right=bool(right))
        return right

    async def by_gate_secret(self, device_id: str, secret: str) -> Tokens:
        """Tokens for a gate device. Raises CredentialsWrong, TooManyRequests."""
        gate = await self._database.read(door_store.find_gate, device_id)
        right = gate is not None and not gate.revoked and hmac.compare_digest(gate.secret_hash, hashed(secret))
        await self._note_secret(limits.of_secret(f"gate:{device_id}"), right=right)
        if gate is None or not right:
            raise CredentialsWrong
        return self.tokens(caller_of_gate(gate), self._ids.new("tok"))

    async def by_operator_secret(self, secret: str) -> Tokens:
        """Tokens for the operator of the installation. Raises CredentialsWrong, TooManyRequests."""
        right = hmac.compare_digest(self._ring.operator_hash, hashed(secret))
        await self._note_secret(limits.of_secret(OPERATOR), right=right)
        if not right:
            raise CredentialsWrong
        return self.tokens(Caller(kind=ACCESS_OPERATOR, subject_id=OPERATOR), self._ids.new("tok"))

    async def _note_secret(self, counter: Counter, *, right: bool) -> None:
        """Counts a wrong try of a generated secret, or clears the counter.

        A right secret is accepted however many wrong ones strangers have tried, because 256 bits cannot be guessed.
        """
        if right:
            await self._database.write(door_store.forget_attempts, counter)
        else:
            await self._note_try(counter, right=False)

    async def _note_try(self, *counters: Counter, right: bool) -> None:
        try_id, now_us = self._ids.new("try"), self._clock.now_us()
        await self._database.write(tries.note_try, try_id, *counters, right=right, now_us=now_us)


def never(code: Code) -> bool:
    """Fits no code: used when a wrong code was found before the password was hashed."""
    return False


def caller_of(who: Membership | Guest) -> Caller:
    """The caller that a member or guest acts as."""
    subject_id, organizer_id = people.acts_as(who)
    if isinstance(who, Guest):
        return Caller(kind=ACCESS_BUYER, subject_id=subject_id, proven=who.verified, locale=who.locale)
    role = Role.ValueType(who.role)
    return Caller(
        kind=ACCESS_ORGANIZER,
        subject_id=subject_id,
        organizer_id=organizer_id,
        role=role,
        proven=who.proven,
        locale=who.locale,
    )


def caller_of_gate(gate: Gate) -> Caller:
    """The caller that a gate device acts as."""
    return Caller(
        kind=ACCESS_GATE,
        subject_id=gate.device_id,
        organizer_id=gate.organizer_id,
        event_id=gate.event_id,
        name=gate.name,
        secret_id=gate.secret_id,
    )
