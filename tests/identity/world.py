"""identity on stage with its fake neighbours, and the calls that its tests make."""

from typing import TYPE_CHECKING, Any

import grpc

from eventhub.catalog.v1.catalog_pb2 import Event
from eventhub.channel import Channel
from eventhub.client import EventHub
from eventhub.common.v1.options_pb2 import ROLE_MANAGER, Role
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import GuestMerged
from eventhub.identity.v1.identity_pb2 import Member, Tokens
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub, IdentityServiceStub
from services.identity.passwords import Cost, Passwords
from services.identity.wiring import build_with
from services.kit.db.database import Tx
from services.kit.process.platform import Build
from services.kit.process.runtime import Context, Runtime
from tests.facts import told
from tests.fakes.catalog import FakeCatalog
from tests.fakes.orders import FakeOrders
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshAsyncStub, IdentityServiceAsyncStub

PASSWORD, BIA, ANA = "correct horse", "bia@casa.example", "ana@example.com"
CPF = "52998224725"
# The least that Argon2id can do.
CHEAP = Cost(memory_kib=8, passes=1)


def numbered(prefix: str, number: int) -> str:
    """An id that a caller chooses, such as "org_00...01"."""
    return f"{prefix}_{number:026d}"


CASA, OTHERS = numbered("org", 1), numbered("org", 2)
BIA_ID, RUI_ID = numbered("acc", 1), numbered("acc", 2)
SHOW, OTHERS_SHOW = numbered("evt", 1), numbered("evt", 2)
EVENTS = {
    SHOW: Event(event_id=SHOW, organizer_id=CASA),
    OTHERS_SHOW: Event(event_id=OTHERS_SHOW, organizer_id=OTHERS),
}


def registration(
    organizer: int = 1,
    account: int = 1,
    *,
    email: str = BIA,
    password: str = PASSWORD,
    name: str = "Casa",
    owner_name: str = "Bia",
) -> pb.RegisterOrganizerRequest:
    """The registration of the n-th organizer with the n-th account."""
    return pb.RegisterOrganizerRequest(
        organizer_id=numbered("org", organizer),
        account_id=numbered("acc", account),
        name=name,
        owner_name=owner_name,
        email=email,
        password=password,
    )


def session(number: int, email: str = ANA, **more: str) -> pb.StartGuestRequest:
    """The request for the n-th guest session."""
    return pb.StartGuestRequest(guest_id=numbered("gst", number), email=email, **{"name": "Ana", **more})


async def build(runtime: Runtime) -> Context:
    """identity as it runs, except that its passwords cost less."""
    return await build_with(runtime, Passwords(cost=CHEAP))


def other_than(digits: str) -> str:
    """Six other digits, for a wrong code."""
    return f"{(int(digits) + 1) % 1_000_000:06d}"


class ForwardedChannel(Channel):
    """A channel from another network address, as a gateway forwards it."""

    def __init__(self, target: str, address: str, access_token: str) -> None:
        super().__init__(target)
        authorization = (("authorization", f"Bearer {access_token}"),) if access_token else ()
        self._forwarded = grpc.aio.Metadata(("x-forwarded-for", address), *authorization)

    def _metadata(self) -> grpc.aio.Metadata:
        return self._forwarded


class World:
    """identity, its neighbours, and a client without a token. Calls go over the real port."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.context: Context
        self.anyone: EventHub
        self._channels: dict[tuple[str, str], ForwardedChannel] = {}
        self.guest_ids: dict[int, str] = {}
        self.orders = FakeOrders()

    async def open(self, building: Build = build) -> "World":
        self.stage.script("catalog", CatalogMesh=FakeCatalog(events=EVENTS))
        self.stage.script("orders", OrdersMesh=self.orders)
        self.context = await self.stage.add(building)
        await self.stage.start()
        self.anyone = self.stage.anyone()
        return self

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close()

    def from_address(self, address: str, access_token: str = "") -> "IdentityServiceAsyncStub":
        """A client at a network address, with or without a token."""
        channel = self._channels.get((address, access_token))
        if channel is None:
            channel = ForwardedChannel(f"127.0.0.1:{self.stage.platform.port}", address, access_token)
            self._channels[address, access_token] = channel
        return IdentityServiceStub(channel)

    def in_process(self) -> "IdentityServiceAsyncStub":
        """A client without a wire, which keeps calls in the order in which they are made."""
        return IdentityServiceStub(self.stage.channel("orders"))

    def mesh(self, caller: str = "notifications") -> "IdentityMeshAsyncStub":
        """IdentityMesh, as another context calls it."""
        return IdentityMeshStub(self.stage.channel(caller))

    async def register(self, organizer: int = 1, account: int = 1, *, email: str = BIA, **more: str) -> None:
        """Registers an organizer and its owner."""
        await self.anyone.identity.RegisterOrganizer(registration(organizer, account, email=email, **more))

    async def invite(
        self, account: int, email: str, *, role: Role.ValueType = ROLE_MANAGER, organizer_id: str = CASA
    ) -> Member:
        """Invites the n-th account, or gives a member another role."""
        request = pb.AddMemberRequest(account_id=numbered("acc", account), name="Rui", email=email, role=role)
        return (await self.stage.member(organizer_id).identity.AddMember(request)).member

    async def join(
        self, account: int, email: str, *, role: Role.ValueType = ROLE_MANAGER, organizer_id: str = CASA
    ) -> Tokens:
        """Invites the n-th account and accepts the invitation. Returns the new member's tokens."""
        await self.invite(account, email, role=role, organizer_id=organizer_id)
        return await self.prove(email, organizer_id=organizer_id)

    async def remove(self, account_id: str, organizer_id: str = CASA) -> None:
        """Removes a member as the organizer's owner does."""
        request = pb.RemoveMemberRequest(account_id=account_id)
        await self.stage.member(organizer_id).identity.RemoveMember(request)

    async def list_members(self, organizer_id: str = CASA) -> list[Member]:
        """An organizer's members and invited accounts."""
        answer = await self.stage.member(organizer_id).identity.ListMembers(pb.ListMembersRequest())
        return list(answer.members)

    async def roles(self, organizer_id: str = CASA) -> dict[str, Role.ValueType]:
        """The roles of an organizer's members, by account, without invited accounts."""
        return {
            member.account_id: member.role for member in await self.list_members(organizer_id) if not member.invited
        }

    async def start_guest(self, number: int, email: str = ANA, **more: str) -> Tokens:
        """Begins the n-th guest session."""
        tokens = (await self.anyone.identity.StartGuest(session(number, email, **more))).tokens
        self.guest_ids[number] = tokens.subject_id
        return tokens

    async def send_code(self, email: str = ANA, *, hub: EventHub | None = None) -> str:
        """Asks for an access code. Returns the code's id."""
        await (hub or self.anyone).identity.SendAccessCode(pb.SendAccessCodeRequest(email=email))
        return str((await self.rows("SELECT code_id FROM access_code ORDER BY at_us, code_id"))[-1][0])

    async def digits(self, code_id: str) -> str:
        """The digits of a code, as its mail shows them."""
        return (await self.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=code_id))).code

    async def redeem(
        self, digits: str, email: str = ANA, *, hub: EventHub | None = None, organizer_id: str = "", password: str = ""
    ) -> Tokens:
        """Redeems a code. password: the new password, if the call sets one."""
        request = pb.RedeemAccessCodeRequest(email=email, code=digits, organizer_id=organizer_id, new_password=password)
        return (await (hub or self.anyone).identity.RedeemAccessCode(request)).tokens

    async def prove(
        self, email: str = ANA, *, hub: EventHub | None = None, organizer_id: str = "", password: str = ""
    ) -> Tokens:
        """Asks for a code and redeems it."""
        digits = await self.digits(await self.send_code(email))
        return await self.redeem(digits, email, hub=hub, organizer_id=organizer_id, password=password)

    async def issue(self, **grant: Any) -> Tokens:
        """Signs in with a grant of IssueToken."""
        return (await self.anyone.identity.IssueToken(pb.IssueTokenRequest(**grant))).tokens

    async def sign_in(self, email: str = BIA, password: str = PASSWORD, organizer_id: str = "") -> Tokens:
        """Signs a member in by password."""
        grant = pb.IssueTokenRequest.Password(email=email, password=password, organizer_id=organizer_id)
        return await self.issue(password=grant)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Exchanges a refresh token."""
        request = pb.RefreshTokenRequest(refresh_token=refresh_token)
        return (await self.anyone.identity.RefreshToken(request)).tokens

    async def enrol(
        self, number: int = 1, *, organizer_id: str = CASA, event_id: str = SHOW, name: str = "North gate"
    ) -> str:
        """Enrols the n-th gate. Returns its secret."""
        request = pb.EnrollGateRequest(device_id=numbered("gat", number), event_id=event_id, name=name)
        return (await self.stage.member(organizer_id).identity.EnrollGate(request)).secret

    async def sign_in_gate(self, secret: str, number: int = 1) -> Tokens:
        """Signs the n-th gate in."""
        return await self.issue(gate=pb.IssueTokenRequest.Gate(device_id=numbered("gat", number), secret=secret))

    async def revoke_gate(self, number: int = 1, *, organizer_id: str = CASA) -> None:
        """Revokes the n-th gate."""
        request = pb.RevokeGateRequest(device_id=numbered("gat", number))
        await self.stage.member(organizer_id).identity.RevokeGate(request)

    async def profile(self, subject_id: str) -> pb.GetProfileResponse:
        """A guest's own profile."""
        return await self.stage.buyer(subject_id).identity.GetProfile(pb.GetProfileRequest())

    async def participant_keys(self, subject_id: str) -> list[str]:
        """The keys by which pricing counts a person."""
        request = pb.GetParticipantRequest(subject_id=subject_id)
        return list((await self.mesh("pricing").GetParticipant(request)).participant_keys)

    async def person(self, subject_id: str) -> str:
        """The subject of the person behind a session."""
        return (await self.mesh("inventory").GetPerson(pb.GetPersonRequest(subject_id=subject_id))).subject_id

    async def contact(self, subject_id: str) -> pb.GetContactResponse:
        """A person's contact data."""
        return await self.mesh().GetContact(pb.GetContactRequest(subject_id=subject_id))

    async def merges(self) -> list[tuple[str, str]]:
        """The merges that were announced: the session, and the person it was merged into."""
        facts = await told(self.context.database)
        merged = [GuestMerged.FromString(fact.payload) for fact in facts if fact.type.endswith(".GuestMerged")]
        return [(fact.from_subject_id, fact.into_subject_id) for fact in merged]

    async def run(self, sql: str, *args: object) -> None:
        """Runs a statement on identity's tables."""

        async def work(tx: Tx) -> None:
            await tx.run(sql, *args)

        await self.context.database.write(work)

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Runs a query on identity's tables."""
        return await self.context.database.read(lambda tx: tx.all(sql, *args))
