"""The doorman gives tokens to those who have proven who they are."""

import hmac
from dataclasses import replace

from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_GATE, ACCESS_OPERATOR, ACCESS_ORGANIZER, Role
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.refusals import CodeExpired, CredentialsWrong, TokenExpired, TokenInvalid
from services.identity import people, store
from services.identity.door import signins, transactions
from services.identity.door import store as door_store
from services.identity.door.signins import Claim, Code, Gate, SignIn
from services.identity.keys import KeyRing, hashed
from services.identity.passwords import Passwords
from services.identity.people import Account, Guest, Membership
from services.kit import tokens
from services.kit.call import Caller
from services.kit.clock import SECOND_US, Clock, to_timestamp
from services.kit.db import Database
from services.kit.ids import Ids

OPERATOR = "operator"


class Doorman:
    """Checks proofs, counts wrong tries, makes tokens."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, ring: KeyRing, passwords: Passwords) -> None:
        """ring: the keys tokens are signed with. passwords: hashes and verifies them."""
        self._database = database
        self._clock = clock
        self._ids = ids
        self._ring = ring
        self.passwords = passwords

    def new_sign_in(self) -> tuple[str, SignIn]:
        """A refresh token and the sign-in that it begins."""
        secret = self._ids.secret()
        expires_us = self._clock.now_us() + signins.REFRESH_LIFE_US
        return secret, SignIn(hashed(secret), self._ids.new("fam"), expires_us)

    def tokens(self, caller: Caller, refresh_token: str = "") -> Tokens:
        """Tokens for a caller from now on."""
        now_us = self._clock.now_us()
        until_us = now_us + tokens.LIFETIME_S * SECOND_US
        named = replace(caller, expires_at_us=until_us)
        key = self._ring.signing[0]
        signed = tokens.sign(named, key_id=key.key_id, key=key.private, token_id=self._ids.new("tok"), now_us=now_us)
        return Tokens(
            access_token=signed,
            expires_at=to_timestamp(until_us),
            refresh_token=refresh_token,
            subject_id=caller.subject_id,
            organizer_id=caller.organizer_id,
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """The next tokens of a sign-in, for what the person is now. Raises TokenInvalid, TokenExpired."""
        secret = self._ids.secret()
        who = await self._database.write(
            transactions.refresh, hashed(refresh_token), hashed(secret), now_us=self._clock.now_us()
        )
        if isinstance(who, TokenInvalid | TokenExpired):
            raise who
        return self.tokens(caller_of(who), secret)

    async def by_code(self, claim: Claim, digits: str) -> Tokens:
        """Tokens for whoever was sent a code. Raises CodeExpired, counting a wrong try."""

        def fits(code: Code) -> bool:
            return hmac.compare_digest(self._ring.code(code.code_id, code.email), digits)

        secret, sign_in = self.new_sign_in()
        who = await self._database.write(transactions.redeem, claim, fits, sign_in, now_us=self._clock.now_us())
        if who is None:
            raise CodeExpired
        return self.tokens(caller_of(who), secret)

    async def by_password(self, email: str, password: str, organizer_id: str) -> Tokens:
        """Tokens for a member. Raises CredentialsWrong, TooManyRequests."""
        account = await self.account_proven(email, password)
        if account is None:
            raise CredentialsWrong
        secret, sign_in = self.new_sign_in()
        member = await self._database.write(transactions.sign_in_member, account, organizer_id, sign_in)
        return self.tokens(caller_of(member), secret)

    async def account_proven(self, email: str, password: str) -> Account | None:
        """An address's account, if a password is its. Takes as long to find out where there is none. Raises
        TooManyRequests after too many wrong ones."""
        tried_for = f"password:{email}"
        await self._database.read(transactions.check_tries, tried_for, now_us=self._clock.now_us())
        account = await self._database.read(store.account_by_email, email)
        right = await self.passwords.fits(password, account.password_phc if account else "")
        await self._note_try(tried_for, right=right)
        return account if right else None

    async def by_gate_secret(self, device_id: str, secret: str) -> Tokens:
        """Tokens for a gate device. Raises CredentialsWrong, TooManyRequests."""
        gate = await self._database.read(door_store.find_gate, device_id)
        right = gate is not None and not gate.revoked and hmac.compare_digest(gate.secret_hash, hashed(secret))
        await self._note_secret(f"gate:{device_id}", right=right)
        if gate is None or not right:
            raise CredentialsWrong
        return self.tokens(caller_of_gate(gate))

    async def by_operator_secret(self, secret: str) -> Tokens:
        """Tokens for whoever runs the installation. Raises CredentialsWrong, TooManyRequests."""
        right = hmac.compare_digest(self._ring.operator_hash, hashed(secret))
        await self._note_secret(OPERATOR, right=right)
        if not right:
            raise CredentialsWrong
        return self.tokens(Caller(kind=ACCESS_OPERATOR, subject_id=OPERATOR))

    async def _note_secret(self, tried_for: str, *, right: bool) -> None:
        """Notes a try of a secret of ours. Nobody guesses 256 bits, so a right one is let in however many wrong ones
        strangers have tried."""
        if right:
            await self._database.write(door_store.forget_wrong_tries, tried_for)
        else:
            await self._note_try(tried_for, right=False)

    async def _note_try(self, tried_for: str, *, right: bool) -> None:
        try_id, now_us = self._ids.new("try"), self._clock.now_us()
        await self._database.write(transactions.note_try, try_id, tried_for, right=right, now_us=now_us)


def caller_of(who: Membership | Guest) -> Caller:
    """Who a member or guest is as a caller."""
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
    """Who a gate device is as a caller."""
    return Caller(
        kind=ACCESS_GATE,
        subject_id=gate.device_id,
        organizer_id=gate.organizer_id,
        event_id=gate.event_id,
        name=gate.name,
    )
