"""One suite for identity and for its fake, as the other contexts use them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from google.protobuf.field_mask_pb2 import FieldMask

from eventhub import refusals
from eventhub.common.v1.options_pb2 import ROLE_MANAGER
from eventhub.identity.v1 import identity_events_pb2 as events
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import OrganizerProfile
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from services.kit.db.database import Database
from services.kit.values.clock import to_timestamp
from tests.facts import told
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import START_US
from tests.fakes.identity import CODE_LIFE_US, FakeIdentity
from tests.fakes.orders import FakeOrders
from tests.fakes.reading import facts, heads
from tests.identity.world import build
from tests.stage import Stage, outcome

if TYPE_CHECKING:
    from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshAsyncStub

EMAIL = "ana@example.com"
CASA, BIA, RUI = f"org_{1:026d}", f"acc_{1:026d}", f"acc_{2:026d}"


class Real:
    """identity with its public RPCs."""

    def __init__(self, stage: Stage, database: Database) -> None:
        self.stage = stage
        self.database = database
        self.hub = stage.anyone().identity

    async def start(self, n: int, email: str) -> str:
        """Starts the n-th guest session. Returns its subject."""
        request = pb.StartGuestRequest(guest_id=f"gst_{n:026d}", name="Ana", email=email, locale="en")
        return (await self.hub.StartGuest(request)).tokens.subject_id

    async def send_code(self, email: str) -> str:
        """Sends an access code to an address. Returns the code's id."""
        await self.hub.SendAccessCode(pb.SendAccessCodeRequest(email=email))
        return (await told(self.database))[-1].aggregate_id

    async def prove(self, email: str, session: str) -> None:
        """Proves the address of a session, which becomes the person of all sessions of the address."""
        request = pb.GetAccessCodeRequest(code_id=await self.send_code(email))
        code = (await IdentityMeshStub(self.stage.channel("notifications")).GetAccessCode(request)).code
        redeemed = pb.RedeemAccessCodeRequest(email=email, code=code)
        await self.stage.buyer(session).identity.RedeemAccessCode(redeemed)

    async def register(self) -> None:
        """Registers an organizer, Casa, whose owner then invites a member."""
        await self.hub.RegisterOrganizer(
            pb.RegisterOrganizerRequest(
                organizer_id=CASA,
                account_id=BIA,
                name="Casa",
                owner_name="Bia",
                email="bia@casa.example",
                password="correct horse",
            )
        )
        member = pb.AddMemberRequest(account_id=RUI, name="Rui", email="rui@casa.example", role=ROLE_MANAGER)
        owner = self.stage.member(CASA, subject_id=BIA).identity
        await owner.AddMember(member)
        about = pb.UpdateOrganizerProfileRequest(about="Since 1987.", update_mask=FieldMask(paths=["about"]))
        await owner.UpdateOrganizerProfile(about)


class Fake:
    """The fake, with the same means."""

    def __init__(self, identity: FakeIdentity) -> None:
        self.identity = identity

    async def start(self, n: int, email: str) -> str:
        subject_id = f"gst_{n}"
        mailbox = email.replace("+tag", "")
        self.identity.people[subject_id] = pb.GetContactResponse(
            name="Ana", email=email, locale="en", mailbox_key=f"mailbox:{mailbox}"
        )
        self.identity.keys[subject_id] = []
        return subject_id

    async def send_code(self, email: str) -> str:
        self.identity.issue_code("cod_1", "123456", email=email, locale="en")
        self.identity.tell(events.AccessCodeIssued(code_id="cod_1"))
        return "cod_1"

    async def prove(self, email: str, session: str) -> None:
        await self.send_code(email)
        self.identity.people[session].proven = True
        self.identity.keys[session] = [f"email:{email}"]
        self.identity.tell(events.ContactProven(subject_id=session))
        for other, person in self.identity.people.items():
            if person.email == email and other != session:
                self.identity.merged[other] = session
                self.identity.tell(events.GuestMerged(from_subject_id=other, into_subject_id=session))

    async def register(self) -> None:
        self.identity.names[CASA], self.identity.abouts[CASA] = "Casa", "Since 1987."
        self.identity.people[BIA] = pb.GetContactResponse(name="Bia")
        self.identity.tell(events.MemberInvited(organizer_id=CASA, account_id=RUI))


@dataclass(frozen=True, slots=True)
class Register:
    """identity as the other contexts call it. people: makes sessions, codes and organizers."""

    stage: Stage
    people: Real | Fake

    def mesh(self, caller: str) -> "IdentityMeshAsyncStub":
        return IdentityMeshStub(self.stage.channel(caller))

    async def contact(self, subject_id: str) -> pb.GetContactResponse:
        return await self.mesh("notifications").GetContact(pb.GetContactRequest(subject_id=subject_id))

    async def keys(self, subject_id: str) -> list[str]:
        request = pb.GetParticipantRequest(subject_id=subject_id)
        return list((await self.mesh("pricing").GetParticipant(request)).participant_keys)

    async def person(self, subject_id: str) -> str:
        return (await self.mesh("inventory").GetPerson(pb.GetPersonRequest(subject_id=subject_id))).subject_id

    async def keep(self, order_id: str) -> str:
        request = pb.KeepCustomerRequest(order_id=order_id, name="Rita", phone="+5511912345678")
        return (await self.mesh("orders").KeepCustomer(request)).subject_id

    async def code(self, code_id: str) -> pb.GetAccessCodeResponse:
        return await self.mesh("notifications").GetAccessCode(pb.GetAccessCodeRequest(code_id=code_id))


async def real(stage: Stage) -> Register:
    stage.script("catalog", CatalogMesh=FakeCatalog())
    stage.script("orders", OrdersMesh=FakeOrders())
    context = await stage.add(build)
    await stage.start()
    return Register(stage, Real(stage, context.database))


async def fake(stage: Stage) -> Register:
    identity = FakeIdentity()
    stage.script("identity", IdentityMesh=identity)
    return Register(stage, Fake(identity))


@pytest_asyncio.fixture(params=[real, fake])
async def register(request: pytest.FixtureRequest, stage: Stage) -> Register:
    opened: Register = await request.param(stage)
    return opened


async def test_a_guest_has_a_contact_that_is_not_proven(register: Register) -> None:
    ana = await register.people.start(1, EMAIL)

    contact = await register.contact(ana)

    assert contact.mailbox_key
    contact.ClearField("mailbox_key")
    assert contact == pb.GetContactResponse(name="Ana", email=EMAIL, locale="en")
    assert (await register.person(ana), await register.keys(ana)) == (ana, [])


async def test_all_tags_of_a_mailbox_have_one_key(register: Register) -> None:
    guests = [
        await register.people.start(n, email)
        for n, email in enumerate((EMAIL, "ana+tag@example.com", "rui@example.com"), start=1)
    ]

    keys = [(await register.contact(guest)).mailbox_key for guest in guests]

    assert keys[0] == keys[1] != keys[2]


async def test_a_proof_merges_the_sessions_of_an_address(register: Register) -> None:
    person, other = [await register.people.start(n, EMAIL) for n in (1, 2)]
    rui = await register.people.start(3, "rui@example.com")

    await register.people.prove(EMAIL, person)

    for session in (person, other):
        assert await register.person(session) == person
        assert await register.keys(session) == await register.keys(person) != []
        assert (await register.contact(session)).proven
    assert (await register.person(rui), await register.keys(rui)) == (rui, [])


async def test_an_unknown_subject_is_refused(register: Register) -> None:
    for call in (register.contact("gst_none"), register.keys("gst_none"), register.person("gst_none")):
        assert await outcome(call) == "SUBJECT_NOT_FOUND"


async def test_a_code_is_read_by_its_id(register: Register) -> None:
    await register.people.start(1, EMAIL)
    code = await register.code(await register.people.send_code(EMAIL))

    assert len(code.code) == 6
    until = to_timestamp(START_US + CODE_LIFE_US)
    assert code == pb.GetAccessCodeResponse(email=EMAIL, code=code.code, locale="en", expires_at=until)
    with pytest.raises(refusals.CodeExpired):
        await register.code("cod_none")


async def test_organizers_have_profiles(register: Register) -> None:
    await register.people.register()
    request = pb.BatchGetOrganizersRequest(organizer_ids=["org_none", CASA])

    (found,) = (await register.mesh("catalog").BatchGetOrganizers(request)).organizers

    assert found == OrganizerProfile(organizer_id=CASA, name="Casa", about="Since 1987.")


async def test_each_order_at_the_counter_has_one_customer(register: Register) -> None:
    rita = await register.keep("ord_1")

    assert await register.keep("ord_1") == rita
    assert await register.keep("ord_2") != rita
    assert rita.startswith("gst_")


async def test_facts_are_about_a_code_a_person_a_session_or_an_account(register: Register) -> None:
    person, other = [await register.people.start(n, EMAIL) for n in (1, 2)]
    await register.people.prove(EMAIL, person)
    await register.people.register()

    found = await facts(register.mesh("notifications").Feed(pb.FeedRequest(consumer="notifications")), 4)

    code = events.AccessCodeIssued.FromString(found[0].payload)
    assert heads(found) == [
        ("AccessCodeIssued", code.code_id, ""),
        ("ContactProven", person, ""),
        ("GuestMerged", other, ""),
        ("MemberInvited", RUI, CASA),
    ]
    fact = events.GuestMerged.FromString(found[2].payload)
    assert (fact.from_subject_id, fact.into_subject_id) == (other, person)


async def test_customers_are_found_by_e_mail_and_by_name_among_the_given(register: Register) -> None:
    ana, other = await register.people.start(1, EMAIL), await register.people.start(2, "rui@example.com")
    orders = register.mesh("orders")

    for text, among, found in (
        (EMAIL, [], [ana]),
        ("none@example.com", [], []),
        ("an", [other], [other]),
        ("AN", [ana, other], sorted([ana, other])),
        ("an", [], []),
        ("rita", [ana], []),
    ):
        request = pb.FindCustomersRequest(text=text, subject_ids=among)
        assert sorted((await orders.FindCustomers(request)).subject_ids) == found
