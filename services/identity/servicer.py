"""identity's public RPCs."""

import hashlib

from eventhub.common.v1.options_pb2 import Role
from eventhub.identity.v1 import identity_pb2 as nouns
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusals import CodeExpired, CredentialsWrong, GateNotFound, IdInUse, SubjectNotFound
from services.identity import doorman as door
from services.identity import people, store, transactions
from services.identity.doorman import Doorman
from services.identity.keys import KeyRing, hashed
from services.identity.passwords import Passwords
from services.identity.people import Account, Code, Gate, Guest
from services.kit.call import Call
from services.kit.clock import Clock, to_timestamp
from services.kit.db import Database
from services.kit.ids import Ids

MEMBERS_MAX = 200
DEFAULT_LOCALE = "pt-BR"


class Identity:
    """Serves IdentityService."""

    def __init__(self, database: Database, clock: Clock, ids: Ids, ring: KeyRing, passwords: Passwords) -> None:
        """ring: identity's keys. passwords: hashes and verifies them."""
        self.database = database
        self.clock = clock
        self.ids = ids
        self._ring = ring
        self._passwords = passwords
        self._doorman = Doorman(database, clock, ids, ring)

    async def RegisterOrganizer(self, request: pb.RegisterOrganizerRequest, call: Call) -> pb.RegisterOrganizerResponse:
        """Registers an organizer."""
        content = pb.RegisterOrganizerRequest()
        content.CopyFrom(request)
        content.password = ""
        email = people.address(request.email)
        phc = await self._passwords.hash(request.password)
        owner = Account(request.account_id, email, request.owner_name, phc, request.locale or DEFAULT_LOCALE)
        new = await self.database.write(
            transactions.register,
            request.organizer_id,
            request.name,
            content_hash(content),
            owner,
            now_us=self.clock.now_us(),
        )
        if not new:
            known = await self.database.read(store.account_by_id, request.account_id)
            if known is None or not await self._passwords.fits(request.password, known.password_phc):
                raise IdInUse
        return pb.RegisterOrganizerResponse(organizer_id=request.organizer_id, account_id=request.account_id)

    async def AddMember(self, request: pb.AddMemberRequest, call: Call) -> pb.AddMemberResponse:
        """Adds a member."""
        account = Account(request.account_id, people.address(request.email), request.name, "", DEFAULT_LOCALE)
        member = await self.database.write(
            transactions.add_member, call.caller.organizer_id, account, request.role, now_us=self.clock.now_us()
        )
        role = Role.ValueType(member.role)
        shown = nouns.Member(account_id=account.account_id, name=account.name, email=account.email, role=role)
        return pb.AddMemberResponse(member=shown)

    async def RemoveMember(self, request: pb.RemoveMemberRequest, call: Call) -> pb.RemoveMemberResponse:
        """Removes a member."""
        await self.database.write(
            transactions.remove_member, call.caller.organizer_id, request.account_id, now_us=self.clock.now_us()
        )
        return pb.RemoveMemberResponse()

    async def ListMembers(self, request: pb.ListMembersRequest, call: Call) -> pb.ListMembersResponse:
        """Lists members."""
        rows = await self.database.read(store.members, call.caller.organizer_id, MEMBERS_MAX)
        members = [
            nouns.Member(account_id=account_id, name=name, email=email, role=role)
            for account_id, name, email, role in rows
        ]
        return pb.ListMembersResponse(members=members)

    async def StartGuest(self, request: pb.StartGuestRequest, call: Call) -> pb.StartGuestResponse:
        """Begins a guest session."""
        people.check_cpf(request.cpf)
        guest = Guest(
            request.guest_id,
            content_hash(request),
            request.name,
            people.address(request.email),
            request.phone,
            request.cpf,
            request.locale or DEFAULT_LOCALE,
            verified=False,
            merged_into="",
        )
        known = await self.database.write(transactions.start_guest, guest, now_us=self.clock.now_us())
        tokens = await self._doorman.sign_in(door.caller_of_guest(known))
        return pb.StartGuestResponse(tokens=tokens)

    async def SendAccessCode(self, request: pb.SendAccessCodeRequest, call: Call) -> pb.SendAccessCodeResponse:
        """Has a code sent."""
        now_us = self.clock.now_us()
        expires_us = now_us + people.CODE_LIFE_US
        email = people.address(request.email)
        code = Code(self.ids.new("cod"), email, expires_us, people.CODE_TRIES, used=False)
        await self.database.write(transactions.issue_code, code, now_us=now_us)
        return pb.SendAccessCodeResponse(expires_at=to_timestamp(expires_us))

    async def RedeemAccessCode(self, request: pb.RedeemAccessCodeRequest, call: Call) -> pb.RedeemAccessCodeResponse:
        """Exchanges a code for tokens."""
        email = people.address(request.email)
        code = await self._doorman.check_code(email, request.code)
        account = await self.database.read(store.account_by_email, email)
        member = await self.database.read(door.member_of, account, request.organizer_id) if account else None
        if member is not None:
            await self.database.write(transactions.use_code, code.code_id)
            caller = door.caller_of_member(member)
        elif request.organizer_id:
            raise CodeExpired
        else:
            newcomer = Guest(self.ids.new("gst"), "", "", email, "", "", DEFAULT_LOCALE, verified=True, merged_into="")
            now_us = self.clock.now_us()
            guest = await self.database.write(transactions.redeem_as_guest, code.code_id, newcomer, now_us=now_us)
            caller = door.caller_of_guest(guest)
        return pb.RedeemAccessCodeResponse(tokens=await self._doorman.sign_in(caller))

    async def IssueToken(self, request: pb.IssueTokenRequest, call: Call) -> pb.IssueTokenResponse:
        """Signs in."""
        match request.WhichOneof("grant"):
            case "gate":
                tokens = await self._doorman.gate(request.gate.device_id, request.gate.secret)
            case "operator":
                tokens = await self._doorman.operator(request.operator.secret)
            case _:
                tokens = await self._by_password(request.password)
        return pb.IssueTokenResponse(tokens=tokens)

    async def _by_password(self, grant: pb.IssueTokenRequest.Password) -> nouns.Tokens:
        email = people.address(grant.email)
        tried_for = f"password:{self._ring.participant_key('email', email)}"
        await self._doorman.check_tries(tried_for)
        account = await self.database.read(store.account_by_email, email)
        right = await self._passwords.fits(grant.password, account.password_phc if account else "")
        await self._doorman.note_try(tried_for, right=right)
        assert account is not None, "a right password names an account"
        member = await self.database.read(door.member_of, account, grant.organizer_id)
        if member is None:
            raise CredentialsWrong
        return await self._doorman.sign_in(door.caller_of_member(member))

    async def RefreshToken(self, request: pb.RefreshTokenRequest, call: Call) -> pb.RefreshTokenResponse:
        """Exchanges a refresh token."""
        return pb.RefreshTokenResponse(tokens=await self._doorman.refresh(request.refresh_token))

    async def RevokeToken(self, request: pb.RevokeTokenRequest, call: Call) -> pb.RevokeTokenResponse:
        """Ends a sign-in."""
        await self.database.write(transactions.revoke, hashed(request.refresh_token))
        return pb.RevokeTokenResponse()

    async def GetSigningKeys(self, request: pb.GetSigningKeysRequest, call: Call) -> pb.GetSigningKeysResponse:
        """The public keys."""
        keys = [nouns.SigningKey(key_id=key.key_id, x=key.x) for key in self._ring.signing]
        return pb.GetSigningKeysResponse(keys=keys)

    async def EnrollGate(self, request: pb.EnrollGateRequest, call: Call) -> pb.EnrollGateResponse:
        """Enrols a gate."""
        secret = self.ids.secret()
        organizer_id = call.caller.organizer_id
        gate = Gate(request.device_id, organizer_id, request.event_id, request.name, hashed(secret), revoked=False)
        await self.database.write(transactions.enrol, gate, now_us=self.clock.now_us())
        device = nouns.GateDevice(device_id=gate.device_id, event_id=gate.event_id, name=gate.name)
        return pb.EnrollGateResponse(device=device, secret=secret)

    async def RevokeGate(self, request: pb.RevokeGateRequest, call: Call) -> pb.RevokeGateResponse:
        """Revokes a gate."""
        if not await self.database.write(store.revoke_gate, request.device_id, call.caller.organizer_id):
            raise GateNotFound
        return pb.RevokeGateResponse()

    async def GetProfile(self, request: pb.GetProfileRequest, call: Call) -> pb.GetProfileResponse:
        """What is known about the caller."""
        caller = call.caller
        if caller.is_member:
            account = await self.database.read(store.account_by_id, caller.subject_id)
            if account is None:
                raise SubjectNotFound
            name, email, locale, verified = account.name, account.email, account.locale, True
        else:
            guest = await self.database.read(door.person, caller.subject_id)
            if guest is None:
                raise SubjectNotFound
            name, email, locale, verified = guest.name, guest.email, guest.locale, guest.verified
        return pb.GetProfileResponse(
            subject_id=caller.subject_id,
            organizer_id=caller.organizer_id,
            role=caller.role,
            name=name,
            email=email,
            email_verified=verified,
            locale=locale,
        )


def content_hash(request: pb.RegisterOrganizerRequest | pb.StartGuestRequest) -> str:
    """What tells two requests of one id apart."""
    return hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
