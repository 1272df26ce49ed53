"""identity's public RPCs."""

from dataclasses import replace
from typing import TYPE_CHECKING

from eventhub.catalog.v1.catalog_service_pb2 import GetEventOrganizerRequest
from eventhub.common.v1.options_pb2 import Role
from eventhub.identity.v1 import identity_pb2 as nouns
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusals import EventNotFound, IdInUse, SubjectNotFound
from services.identity import password_rules, people, store, transactions
from services.identity.door import limits
from services.identity.door import transactions as door
from services.identity.door.doorman import Doorman, caller_of
from services.identity.door.signins import Claim, Gate
from services.identity.keys import KeyRing, hashed
from services.identity.people import Account, Guest, Member, Organizer
from services.kit.db import Database
from services.kit.rpc import Call
from services.kit.values import Clock, Ids, fingerprint, to_timestamp

if TYPE_CHECKING:
    from eventhub.catalog.v1.catalog_service_pb2_grpc import CatalogMeshAsyncStub

MEMBERS_MAX = 200


class IdentityService:
    """Serves IdentityService."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        ring: KeyRing,
        doorman: Doorman,
        *,
        catalog: "CatalogMeshAsyncStub",
        guests_per_minute: int,
    ) -> None:
        """ring: identity's keys. doorman: gives tokens for proofs. catalog: knows the organizer of an event.
        guests_per_minute: how many sessions one network address may begin in a minute."""
        self.database = database
        self.clock = clock
        self.ids = ids
        self._ring = ring
        self._doorman = doorman
        self._catalog = catalog
        self._guests_per_minute = guests_per_minute

    async def RegisterOrganizer(self, request: pb.RegisterOrganizerRequest, call: Call) -> pb.RegisterOrganizerResponse:
        email, visitor = people.address(request.email), self._doorman.visitor(call)
        password_rules.check(request.password, field="password", known=(email, request.owner_name))
        content = content_hash(request, email, without="password")
        named = Account(request.account_id, email, request.owner_name, "", request.locale or people.DEFAULT_LOCALE)
        organizer = Organizer(request.organizer_id, request.name, content)
        now_us = self.clock.now_us()
        new = await self.database.read(transactions.check_new, organizer, named, visitor, now_us=now_us)
        if new:
            owner = replace(named, password_phc=await self._doorman.hash(request.password, email, visitor))
            new = await self.database.write(transactions.register, organizer, owner, visitor, now_us=now_us)
        if not new:
            right = await self._doorman.accounts_proven(email, request.password, visitor)
            if named.account_id not in {account.account_id for account in right}:
                raise IdInUse
        return pb.RegisterOrganizerResponse(organizer_id=request.organizer_id, account_id=request.account_id)

    async def AddMember(self, request: pb.AddMemberRequest, call: Call) -> pb.AddMemberResponse:
        account = Account(request.account_id, people.address(request.email), request.name, "", call.language)
        member = await self.database.write(
            transactions.add_member,
            call.caller.organizer_id,
            account,
            request.role,
            by=call.caller.subject_id,
            now_us=self.clock.now_us(),
        )
        return pb.AddMemberResponse(member=member_pb(member))

    async def RemoveMember(self, request: pb.RemoveMemberRequest, call: Call) -> pb.RemoveMemberResponse:
        await self.database.write(
            transactions.remove_member,
            call.caller.organizer_id,
            request.account_id,
            by=call.caller.subject_id,
            now_us=self.clock.now_us(),
        )
        return pb.RemoveMemberResponse()

    async def ListMembers(self, request: pb.ListMembersRequest, call: Call) -> pb.ListMembersResponse:
        members = await self.database.read(store.members, call.caller.organizer_id, MEMBERS_MAX)
        return pb.ListMembersResponse(members=[member_pb(member) for member in members])

    async def StartGuest(self, request: pb.StartGuestRequest, call: Call) -> pb.StartGuestResponse:
        people.check_cpf(request.cpf)
        email = people.address(request.email)
        guest = Guest(
            self._ring.subject_of(request.guest_id),
            content_hash(request, email, without="guest_id"),
            request.name,
            email,
            request.phone,
            request.cpf,
            request.locale or people.DEFAULT_LOCALE,
            verified=False,
            merged_into="",
        )
        secret, sign_in = self._doorman.new_sign_in()
        await self.database.write(
            transactions.start_guest,
            guest,
            sign_in,
            limits.of_guests(self._doorman.visitor(call), self._guests_per_minute),
            attempt_id=self.ids.new("try"),
            now_us=self.clock.now_us(),
        )
        return pb.StartGuestResponse(tokens=self._doorman.tokens(caller_of(guest), sign_in.token_id, secret))

    async def SendAccessCode(self, request: pb.SendAccessCodeRequest, call: Call) -> pb.SendAccessCodeResponse:
        email, visitor = people.address(request.email), self._doorman.visitor(call)
        expires_us = await self._doorman.send_code(email, visitor, call.locale)
        return pb.SendAccessCodeResponse(expires_at=to_timestamp(expires_us))

    async def RedeemAccessCode(self, request: pb.RedeemAccessCodeRequest, call: Call) -> pb.RedeemAccessCodeResponse:
        caller, visitor = call.caller, self._doorman.visitor(call)
        claim = Claim(
            people.address(request.email),
            request.organizer_id,
            session_id=caller.subject_id if caller.is_buyer or caller.is_member else "",
            newcomer_id=self.ids.new("gst"),
            locale=call.locale,
        )
        tokens = await self._doorman.by_code(claim, request.code, request.new_password, visitor)
        return pb.RedeemAccessCodeResponse(tokens=tokens)

    async def IssueToken(self, request: pb.IssueTokenRequest, call: Call) -> pb.IssueTokenResponse:
        match request.WhichOneof("grant"):
            case "gate":
                tokens = await self._doorman.by_gate_secret(request.gate.device_id, request.gate.secret)
            case "operator":
                tokens = await self._doorman.by_operator_secret(request.operator.secret)
            case _:
                grant, visitor = request.password, self._doorman.visitor(call)
                email = people.address(grant.email)
                tokens = await self._doorman.by_password(email, grant.password, grant.organizer_id, visitor)
        return pb.IssueTokenResponse(tokens=tokens)

    async def RefreshToken(self, request: pb.RefreshTokenRequest, call: Call) -> pb.RefreshTokenResponse:
        return pb.RefreshTokenResponse(tokens=await self._doorman.refresh(request.refresh_token))

    async def RevokeToken(self, request: pb.RevokeTokenRequest, call: Call) -> pb.RevokeTokenResponse:
        await self.database.write(door.revoke, hashed(request.refresh_token), now_us=self.clock.now_us())
        return pb.RevokeTokenResponse()

    async def GetSigningKeys(self, request: pb.GetSigningKeysRequest, call: Call) -> pb.GetSigningKeysResponse:
        keys = [nouns.SigningKey(key_id=key.key_id, x=key.x) for key in self._ring.signing]
        return pb.GetSigningKeysResponse(keys=keys)

    async def EnrollGate(self, request: pb.EnrollGateRequest, call: Call) -> pb.EnrollGateResponse:
        organizer_id = call.caller.organizer_id
        asked = GetEventOrganizerRequest(event_id=request.event_id)
        if (await self._catalog.GetEventOrganizer(asked)).organizer_id != organizer_id:
            raise EventNotFound
        secret = self.ids.secret()
        gate = Gate(request.device_id, organizer_id, request.event_id, request.name, hashed(secret), revoked=False)
        await self.database.write(door.enrol, gate, by=call.caller.subject_id, now_us=self.clock.now_us())
        device = nouns.GateDevice(device_id=gate.device_id, event_id=gate.event_id, name=gate.name)
        return pb.EnrollGateResponse(device=device, secret=secret)

    async def RevokeGate(self, request: pb.RevokeGateRequest, call: Call) -> pb.RevokeGateResponse:
        caller, now_us = call.caller, self.clock.now_us()
        await self.database.write(
            door.revoke_gate, request.device_id, caller.organizer_id, by=caller.subject_id, now_us=now_us
        )
        return pb.RevokeGateResponse()

    async def GetProfile(self, request: pb.GetProfileRequest, call: Call) -> pb.GetProfileResponse:
        caller = call.caller
        if caller.is_member:
            account = await self.database.read(store.account_by_id, caller.subject_id)
            if account is None:
                raise SubjectNotFound
            name, email, locale, verified = account.name, account.email, account.locale, account.verified
        else:
            guest = await self.database.read(store.guest, caller.subject_id)
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


def member_pb(member: Member) -> nouns.Member:
    """A member as the organizer's other members see them."""
    account = member.account
    return nouns.Member(
        account_id=account.account_id,
        name=account.name,
        email=account.email,
        role=Role.ValueType(member.role),
        invited=member.invited,
    )


def content_hash(request: pb.RegisterOrganizerRequest | pb.StartGuestRequest, email: str, *, without: str) -> str:
    """A hash of a request's content: two requests with one id are a repeat if it is equal. email: the normalized
    address. without: the secret field to leave out."""
    content = type(request)()
    content.CopyFrom(request)  # type: ignore[arg-type]  # it is of its own type
    content.email = email
    content.ClearField(without)  # type: ignore[arg-type]  # one of its fields
    return fingerprint(content)
