"""The doorman gives tokens to those who have proven who they are."""

import hmac

from eventhub.common.v1.options_pb2 import ACCESS_BUYER, ACCESS_GATE, ACCESS_OPERATOR, ACCESS_ORGANIZER, Role
from eventhub.identity.v1.identity_pb2 import Tokens
from eventhub.refusals import CodeExpired, CredentialsWrong, TokenInvalid
from services.identity import people, store, transactions
from services.identity.keys import KeyRing, hashed
from services.identity.people import Account, Code, Gate, Guest, Membership
from services.identity.store_tokens import Refresh
from services.kit import tokens
from services.kit.call import Caller
from services.kit.clock import SECOND_US, Clock, to_timestamp
from services.kit.db import Database, Tx
from services.kit.ids import Ids

OPERATOR = "operator"


class Doorman:
    """Makes tokens and knows the sign-ins they belong to."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, ring: KeyRing) -> None:
        """ring: the keys tokens are signed with."""
        self._database = database
        self._clock = clock
        self._ids = ids
        self._ring = ring

    async def sign_in(self, caller: Caller) -> Tokens:
        """Tokens for a person who begins a sign-in."""
        secret = self._ids.secret()
        expires_us = self._clock.now_us() + people.REFRESH_LIFE_US
        family = self._ids.new("fam")
        token = Refresh(hashed(secret), family, caller.subject_id, caller.organizer_id, expires_us, "FRESH")
        await self._database.write(transactions.begin_sign_in, token)
        return self.tokens(caller, secret)

    def tokens(self, caller: Caller, refresh_token: str = "") -> Tokens:
        """Tokens for a caller from now on."""
        now_us = self._clock.now_us()
        until_us = now_us + tokens.LIFETIME_S * SECOND_US
        named = Caller(
            kind=caller.kind,
            subject_id=caller.subject_id,
            organizer_id=caller.organizer_id,
            role=caller.role,
            event_id=caller.event_id,
            name=caller.name,
            expires_at_us=until_us,
        )
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
        token = await self._database.write(
            transactions.refresh, hashed(refresh_token), hashed(secret), now_us=self._clock.now_us()
        )
        if not isinstance(token, Refresh):
            raise token
        caller = await self._database.read(caller_of, token.subject_id, token.organizer_id)
        if caller is None:
            raise TokenInvalid
        return self.tokens(caller, secret)

    async def check_code(self, email: str, digits: str) -> Code:
        """The code that an address redeems. Raises CodeExpired, counting a wrong try."""
        code = await self._database.read(store.newest_code, email)
        if code is None or not code.good(self._clock.now_us()):
            raise CodeExpired
        if not hmac.compare_digest(self._ring.code(code.code_id, email), digits):
            await self._database.write(store.miss_code, code.code_id)
            raise CodeExpired
        return code

    async def gate(self, device_id: str, secret: str) -> Tokens:
        """Tokens for a gate device. Raises CredentialsWrong, TooManyRequests."""
        gate = await self._database.read(store.gate, device_id)
        right = gate is not None and not gate.revoked and hmac.compare_digest(gate.secret_hash, hashed(secret))
        await self.note_try(f"gate:{device_id}", right=right)
        assert gate is not None, "a right try names a gate"
        return self.tokens(caller_of_gate(gate))

    async def operator(self, secret: str) -> Tokens:
        """Tokens for whoever runs the installation. Raises CredentialsWrong, TooManyRequests."""
        await self.note_try(OPERATOR, right=hmac.compare_digest(self._ring.operator_hash, hashed(secret)))
        return self.tokens(Caller(kind=ACCESS_OPERATOR, subject_id=OPERATOR))

    async def check_tries(self, tried_for: str) -> None:
        """Raises TooManyRequests after too many wrong tries."""
        await self._database.read(transactions.check_tries, tried_for, now_us=self._clock.now_us())

    async def note_try(self, tried_for: str, *, right: bool) -> None:
        """Notes a try. Raises CredentialsWrong for a wrong one, TooManyRequests after too many."""
        now_us = self._clock.now_us()
        await self._database.write(transactions.note_try, tried_for, right=right, now_us=now_us)
        if not right:
            raise CredentialsWrong


def caller_of_gate(gate: Gate) -> Caller:
    """Who a gate device is."""
    return Caller(
        kind=ACCESS_GATE,
        subject_id=gate.device_id,
        organizer_id=gate.organizer_id,
        event_id=gate.event_id,
        name=gate.name,
    )


def caller_of_member(member: Membership) -> Caller:
    """Who a member is."""
    return Caller(
        kind=ACCESS_ORGANIZER,
        subject_id=member.account_id,
        organizer_id=member.organizer_id,
        role=Role.ValueType(member.role),
    )


def caller_of_guest(guest: Guest) -> Caller:
    """Who a guest is."""
    return Caller(kind=ACCESS_BUYER, subject_id=guest.guest_id)


async def caller_of(tx: Tx, subject_id: str, organizer_id: str) -> Caller | None:
    """Who a signed-in person is now. None for a member who was removed."""
    if not organizer_id:
        guest = await person(tx, subject_id)
        return caller_of_guest(guest) if guest else None
    member = await store.membership(tx, organizer_id, subject_id)
    return caller_of_member(member) if member and member.role != people.GONE else None


async def member_of(tx: Tx, account: Account, organizer_id: str) -> Membership | None:
    """The membership an account signs in with: of the organizer asked for, or the first."""
    if not organizer_id:
        return await store.first_membership(tx, account.account_id)
    member = await store.membership(tx, organizer_id, account.account_id)
    return member if member and member.role != people.GONE else None


async def person(tx: Tx, subject_id: str) -> Guest | None:
    """A guest, or whom it was merged into."""
    guest = await store.guest(tx, subject_id)
    if guest is not None and guest.merged_into:
        return await store.guest(tx, guest.merged_into)
    return guest
