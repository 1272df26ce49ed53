"""identity on stage, and who comes through its door."""

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
from services.identity.wiring import build
from services.kit.db.database import Tx
from services.kit.process.runtime import Context
from tests.facts import told
from tests.fakes.catalog import FakeCatalog
from tests.fakes.orders import FakeOrders
from tests.stage import Stage

if TYPE_CHECKING:
    from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshAsyncStub, IdentityServiceAsyncStub

PASSWORD, BIA, ANA = "correct horse", "bia@casa.example", "ana@example.com"
CPF = "52998224725"


def numbered(prefix: str, number: int) -> str:
    """An id of a caller's choosing."""
    return f"{prefix}_{number:026d}"


CASA, OTHERS = numbered("org", 1), numbered("org", 2)
BIA_ID, RUI_ID = numbered("acc", 1), numbered("acc", 2)
SHOW, OTHERS_SHOW = numbered("evt", 1), numbered("evt", 2)
EVENTS = {
    SHOW: Event(event_id=SHOW, organizer_id=CASA),
    OTHERS_SHOW: Event(event_id=OTHERS_SHOW, organizer_id=OTHERS),
}


class Forwarded(Channel):
    """A channel from another network address, as the gateway in front says."""

    def __init__(self, target: str, address: str, access_token: str) -> None:
        super().__init__(target)
        authorization = (("authorization", f"Bearer {access_token}"),) if access_token else ()
        self._sends = grpc.aio.Metadata(("x-forwarded-for", address), *authorization)

    def _metadata(self) -> grpc.aio.Metadata:
        return self._sends


class Lobby:
    """Says what people ask of identity, over the real port."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.context: Context
        self.anyone: EventHub
        self._channels: list[Forwarded] = []
        self.guests: dict[int, str] = {}
        self.orders = FakeOrders()

    async def open(self) -> "Lobby":
        self.stage.script("catalog", CatalogMesh=FakeCatalog(events=EVENTS))
        self.stage.script("orders", OrdersMesh=self.orders)
        self.context = await self.stage.add(build)
        await self.stage.start()
        self.anyone = self.stage.anyone()
        return self

    def at(self, address: str, access_token: str = "") -> "IdentityServiceAsyncStub":
        """identity as it is called from a network address, with a token or without."""
        channel = Forwarded(f"127.0.0.1:{self.stage.platform.port}", address, access_token)
        self._channels.append(channel)
        return IdentityServiceStub(channel)

    async def close(self) -> None:
        """Nobody calls from elsewhere any more."""
        for channel in self._channels:
            await channel.close()

    async def register(self, organizer: int = 1, account: int = 1, *, email: str = BIA, **other: str) -> None:
        """An organizer and its owner."""
        await self.anyone.identity.RegisterOrganizer(registration(organizer, account, email=email, **other))

    async def add(
        self, account: int, email: str, *, role: Role.ValueType = ROLE_MANAGER, organizer_id: str = CASA
    ) -> Member:
        """An invitation, or another role of a member."""
        request = pb.AddMemberRequest(account_id=numbered("acc", account), name="Rui", email=email, role=role)
        return (await self.stage.member(organizer_id).identity.AddMember(request)).member

    async def join(
        self, account: int, email: str, *, role: Role.ValueType = ROLE_MANAGER, organizer_id: str = CASA
    ) -> Tokens:
        """A member, who has accepted the invitation."""
        await self.add(account, email, role=role, organizer_id=organizer_id)
        return await self.prove(email, organizer_id=organizer_id)

    async def listed(self, organizer_id: str = CASA) -> list[Member]:
        """An organizer's members, and those it has invited."""
        answer = await self.stage.member(organizer_id).identity.ListMembers(pb.ListMembersRequest())
        return list(answer.members)

    async def members(self, organizer_id: str = CASA) -> dict[str, Role.ValueType]:
        """An organizer's members by account."""
        return {member.account_id: member.role for member in await self.listed(organizer_id) if not member.invited}

    async def start(self, number: int, email: str = ANA, **other: str) -> Tokens:
        """A guest session."""
        tokens = (await self.anyone.identity.StartGuest(session(number, email, **other))).tokens
        self.guests[number] = tokens.subject_id
        return tokens

    def guest(self, number: int) -> str:
        """The subject of a guest session that was begun."""
        return self.guests[number]

    async def send(self, email: str = ANA, *, hub: EventHub | None = None) -> str:
        """A code is sent; the code's id."""
        await (hub or self.anyone).identity.SendAccessCode(pb.SendAccessCodeRequest(email=email))
        return str((await self.rows("SELECT code_id FROM access_code ORDER BY at_us, code_id"))[-1][0])

    async def digits(self, code_id: str) -> str:
        """What the mail says."""
        return (await self.mesh().GetAccessCode(pb.GetAccessCodeRequest(code_id=code_id))).code

    async def redeem(
        self, digits: str, email: str = ANA, *, hub: EventHub | None = None, organizer_id: str = ""
    ) -> Tokens:
        """A code is typed in."""
        request = pb.RedeemAccessCodeRequest(email=email, code=digits, organizer_id=organizer_id)
        return (await (hub or self.anyone).identity.RedeemAccessCode(request)).tokens

    async def prove(self, email: str = ANA, *, hub: EventHub | None = None, organizer_id: str = "") -> Tokens:
        """Somebody proves their address."""
        return await self.redeem(await self.digits(await self.send(email)), email, hub=hub, organizer_id=organizer_id)

    async def issue(self, **grant: Any) -> Tokens:
        """Somebody signs in."""
        return (await self.anyone.identity.IssueToken(pb.IssueTokenRequest(**grant))).tokens

    async def sign_in(self, email: str = BIA, password: str = PASSWORD, organizer_id: str = "") -> Tokens:
        """A member signs in."""
        grant = pb.IssueTokenRequest.Password(email=email, password=password, organizer_id=organizer_id)
        return await self.issue(password=grant)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Tokens are renewed."""
        request = pb.RefreshTokenRequest(refresh_token=refresh_token)
        return (await self.anyone.identity.RefreshToken(request)).tokens

    async def enrol(
        self, number: int = 1, *, organizer_id: str = CASA, event_id: str = SHOW, name: str = "North gate"
    ) -> str:
        """A gate; its secret."""
        request = pb.EnrollGateRequest(device_id=numbered("gat", number), event_id=event_id, name=name)
        return (await self.stage.member(organizer_id).identity.EnrollGate(request)).secret

    async def sign_in_gate(self, secret: str, number: int = 1) -> Tokens:
        """A gate signs in."""
        return await self.issue(gate=pb.IssueTokenRequest.Gate(device_id=numbered("gat", number), secret=secret))

    async def revoke_gate(self, number: int = 1, *, organizer_id: str = CASA) -> None:
        """A gate is revoked."""
        request = pb.RevokeGateRequest(device_id=numbered("gat", number))
        await self.stage.member(organizer_id).identity.RevokeGate(request)

    async def profile(self, subject_id: str) -> pb.GetProfileResponse:
        """What a guest is told about themselves."""
        return await self.stage.buyer(subject_id).identity.GetProfile(pb.GetProfileRequest())

    async def keys(self, subject_id: str) -> list[str]:
        """By what somebody is counted."""
        request = pb.GetParticipantRequest(subject_id=subject_id)
        answer = await self.mesh("pricing").GetParticipant(request)
        return list(answer.participant_keys)

    async def person(self, subject_id: str) -> str:
        """Who somebody is."""
        return (await self.mesh("inventory").GetPerson(pb.GetPersonRequest(subject_id=subject_id))).subject_id

    async def contact(self, subject_id: str) -> pb.GetContactResponse:
        """How to reach somebody."""
        return await self.mesh().GetContact(pb.GetContactRequest(subject_id=subject_id))

    def mesh(self, caller: str = "notifications") -> "IdentityMeshAsyncStub":
        """identity as another context calls it."""
        return IdentityMeshStub(self.stage.channel(caller))

    def inside(self) -> "IdentityServiceAsyncStub":
        """identity without the wire, which keeps calls in the order they are made."""
        return IdentityServiceStub(self.stage.channel("orders"))

    async def merges(self) -> list[tuple[str, str]]:
        """Which sessions were said to be whom."""
        facts = await told(self.context.database)
        merged = [GuestMerged.FromString(fact.payload) for fact in facts if fact.type.endswith(".GuestMerged")]
        return [(fact.from_subject_id, fact.into_subject_id) for fact in merged]

    async def run(self, sql: str, *args: object) -> None:
        """Puts something into identity's database."""

        async def work(tx: Tx) -> None:
            await tx.run(sql, *args)

        await self.context.database.write(work)

    async def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """What identity's database says."""
        return await self.context.database.read(lambda tx: tx.all(sql, *args))


def registration(
    organizer: int = 1,
    account: int = 1,
    *,
    email: str = BIA,
    password: str = PASSWORD,
    name: str = "Casa",
    owner_name: str = "Bia",
) -> pb.RegisterOrganizerRequest:
    """What an organizer registers with."""
    return pb.RegisterOrganizerRequest(
        organizer_id=numbered("org", organizer),
        account_id=numbered("acc", account),
        name=name,
        owner_name=owner_name,
        email=email,
        password=password,
    )


def session(number: int, email: str = ANA, **other: str) -> pb.StartGuestRequest:
    """What a guest begins with."""
    return pb.StartGuestRequest(guest_id=numbered("gst", number), email=email, **{"name": "Ana", **other})


def other_than(digits: str) -> str:
    """Six digits that are wrong."""
    return f"{(int(digits) + 1) % 1_000_000:06d}"
