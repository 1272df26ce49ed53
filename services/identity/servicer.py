"""identity's RPCs for guests, members, gates and operators."""

from eventhub.identity.v1 import identity_service_pb2 as pb
from services.identity import account_store, addresses, check, convert, profile_transactions, transactions
from services.identity.keys import KeyRing
from services.identity.neighbours import Events
from services.identity.registering import Registrar
from services.identity.signin import gate_transactions, limits
from services.identity.signin.authenticator import Authenticator
from services.kit.db import Database
from services.kit.rpc import Call
from services.kit.values import Clock, Ids, to_timestamp

MEMBERS_MAX = 200


class IdentityService:
    """Serves the contract's IdentityService."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        ids: Ids,
        *,
        ring: KeyRing,
        authenticator: Authenticator,
        events: Events,
        guests_per_minute: int,
    ) -> None:
        """ring: identity's keys. authenticator: gives tokens for proofs. events: asks catalog. guests_per_minute: how
        many sessions one network address may begin in a minute."""
        self.database = database
        self.clock = clock
        self.ids = ids
        self._ring = ring
        self._authenticator = authenticator
        self._registrar = Registrar(database, clock, authenticator)
        self._events = events
        self._guests_per_minute = guests_per_minute

    async def RegisterOrganizer(self, request: pb.RegisterOrganizerRequest, call: Call) -> pb.RegisterOrganizerResponse:
        check.register_organizer(request)
        await self._registrar.register(request, self._authenticator.visitor(call))
        return pb.RegisterOrganizerResponse(organizer_id=request.organizer_id, account_id=request.account_id)

    async def AddMember(self, request: pb.AddMemberRequest, call: Call) -> pb.AddMemberResponse:
        member = await self.database.write(
            transactions.add_member,
            call.caller.organizer_id,
            convert.invited_account(request, call),
            convert.role(request),
            by=call.caller.subject_id,
            now_us=self.clock.now_us(),
        )
        return pb.AddMemberResponse(member=convert.member_pb(member))

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
        members = await self.database.read(account_store.list_members, call.caller.organizer_id, MEMBERS_MAX)
        return pb.ListMembersResponse(members=[convert.member_pb(member) for member in members])

    async def UpdateOrganizerProfile(
        self, request: pb.UpdateOrganizerProfileRequest, call: Call
    ) -> pb.UpdateOrganizerProfileResponse:
        check.update_organizer_profile(request)
        wanted, names = convert.organizer_profile(request, call.caller.organizer_id), request.update_mask.paths
        profile = await self.database.write(profile_transactions.update_profile, wanted, names)
        return pb.UpdateOrganizerProfileResponse(profile=convert.organizer_profile_pb(profile))

    async def GetOrganizerProfile(
        self, request: pb.GetOrganizerProfileRequest, call: Call
    ) -> pb.GetOrganizerProfileResponse:
        profile = await self.database.read(profile_transactions.find_profile, request.organizer_id)
        return pb.GetOrganizerProfileResponse(profile=convert.organizer_profile_pb(profile))

    async def StartGuest(self, request: pb.StartGuestRequest, call: Call) -> pb.StartGuestResponse:
        check.start_guest(request)
        guest = convert.guest(request, self._ring)
        refresh_token, sign_in = self._authenticator.new_sign_in()
        await self.database.write(
            transactions.start_guest,
            guest,
            sign_in,
            limits.of_guests(self._authenticator.visitor(call), self._guests_per_minute),
            attempt_id=self.ids.new("try"),
            now_us=self.clock.now_us(),
        )
        tokens = self._authenticator.tokens(convert.caller(guest), sign_in.token_id, refresh_token)
        return pb.StartGuestResponse(tokens=tokens)

    async def SendAccessCode(self, request: pb.SendAccessCodeRequest, call: Call) -> pb.SendAccessCodeResponse:
        email, visitor = addresses.normalize(request.email), self._authenticator.visitor(call)
        expires_us = await self._authenticator.send_code(email, visitor, call.locale)
        return pb.SendAccessCodeResponse(expires_at=to_timestamp(expires_us))

    async def RedeemAccessCode(self, request: pb.RedeemAccessCodeRequest, call: Call) -> pb.RedeemAccessCodeResponse:
        claim, visitor = convert.claim(request, call, self.ids.new("gst")), self._authenticator.visitor(call)
        tokens = await self._authenticator.sign_in_by_code(claim, request.code, request.new_password, visitor)
        return pb.RedeemAccessCodeResponse(tokens=tokens)

    async def IssueToken(self, request: pb.IssueTokenRequest, call: Call) -> pb.IssueTokenResponse:
        match request.WhichOneof("grant"):
            case "gate":
                tokens = await self._authenticator.sign_in_gate(request.gate.device_id, request.gate.secret)
            case "operator":
                tokens = await self._authenticator.sign_in_operator(request.operator.secret)
            case _:
                grant, visitor = request.password, self._authenticator.visitor(call)
                email = addresses.normalize(grant.email)
                tokens = await self._authenticator.sign_in_by_password(
                    email, grant.password, grant.organizer_id, visitor
                )
        return pb.IssueTokenResponse(tokens=tokens)

    async def RefreshToken(self, request: pb.RefreshTokenRequest, call: Call) -> pb.RefreshTokenResponse:
        return pb.RefreshTokenResponse(tokens=await self._authenticator.refresh(request.refresh_token))

    async def RevokeToken(self, request: pb.RevokeTokenRequest, call: Call) -> pb.RevokeTokenResponse:
        await self._authenticator.sign_out(request.refresh_token)
        return pb.RevokeTokenResponse()

    async def GetSigningKeys(self, request: pb.GetSigningKeysRequest, call: Call) -> pb.GetSigningKeysResponse:
        return pb.GetSigningKeysResponse(keys=[convert.signing_key_pb(key) for key in self._ring.signing])

    async def EnrollGate(self, request: pb.EnrollGateRequest, call: Call) -> pb.EnrollGateResponse:
        caller, secret = call.caller, self.ids.secret()
        await self._events.check_own(request.event_id, caller.organizer_id)
        gate = convert.gate(request, caller.organizer_id, secret)
        await self.database.write(gate_transactions.enrol, gate, by=caller.subject_id, now_us=self.clock.now_us())
        return pb.EnrollGateResponse(device=convert.gate_pb(gate), secret=secret)

    async def RevokeGate(self, request: pb.RevokeGateRequest, call: Call) -> pb.RevokeGateResponse:
        await self.database.write(
            gate_transactions.revoke_gate,
            request.device_id,
            call.caller.organizer_id,
            by=call.caller.subject_id,
            now_us=self.clock.now_us(),
        )
        return pb.RevokeGateResponse()

    async def GetProfile(self, request: pb.GetProfileRequest, call: Call) -> pb.GetProfileResponse:
        person = await self.database.read(transactions.find_caller, call.caller)
        return convert.profile_pb(call.caller, person)
