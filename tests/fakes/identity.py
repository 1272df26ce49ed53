"""The identity that other contexts see: people, organizers' names and access codes."""

from dataclasses import dataclass, field

from google.protobuf.message import Message

from eventhub.identity.v1 import identity_events_pb2 as events
from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_pb2 import OrganizerProfile
from eventhub.refusals import CodeExpired, SubjectNotFound
from services.kit.rpc.call import Call
from services.kit.values.clock import to_timestamp
from tests.fakes.clock import START_US
from tests.fakes.feed import FakeFeed

CODE_LIFE_US = 600_000_000


@dataclass(slots=True, kw_only=True)
class FakeIdentity(FakeFeed):
    """Stores each customer under a subject derived from the order's id.

    people: contact data by subject.
    merged: the person that a session was merged into.
    keys: the keys by which a person is counted.
    names: organizers' names by their ids.
    abouts: organizers' texts by their ids.
    codes: access codes by their ids.
    asked: the ids of organizers in each question for profiles.
    customers: the requests to keep a customer, in order.
    """

    response = pb.FeedResponse
    people: dict[str, pb.GetContactResponse] = field(default_factory=dict)
    merged: dict[str, str] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    abouts: dict[str, str] = field(default_factory=dict)
    codes: dict[str, pb.GetAccessCodeResponse] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    customers: list[pb.KeepCustomerRequest] = field(default_factory=list)

    def about(self, fact: Message) -> tuple[str, str]:
        match fact:
            case events.GuestMerged():
                return fact.from_subject_id, ""
            case events.AccessCodeIssued():
                return fact.code_id, ""
            case events.ContactProven():
                return fact.subject_id, ""
        assert isinstance(fact, events.MemberInvited | events.AddressClaimed)
        return fact.account_id, fact.organizer_id

    def issue_code(self, code_id: str, code: str, *, email: str = "ana@example.com", locale: str = "pt-BR") -> None:
        """Makes a code that is valid for ten minutes. It is not announced yet."""
        until = to_timestamp(START_US + CODE_LIFE_US)
        self.codes[code_id] = pb.GetAccessCodeResponse(email=email, code=code, locale=locale, expires_at=until)

    async def GetContact(self, request: pb.GetContactRequest, call: Call) -> pb.GetContactResponse:
        await self.called("GetContact")
        return self.people[self._person(request.subject_id)]

    async def GetPerson(self, request: pb.GetPersonRequest, call: Call) -> pb.GetPersonResponse:
        await self.called("GetPerson")
        return pb.GetPersonResponse(subject_id=self._person(request.subject_id))

    async def GetParticipant(self, request: pb.GetParticipantRequest, call: Call) -> pb.GetParticipantResponse:
        await self.called("GetParticipant")
        person_id = self.merged.get(request.subject_id, request.subject_id)
        if person_id not in self.keys:
            raise SubjectNotFound
        return pb.GetParticipantResponse(participant_keys=self.keys[person_id])

    async def BatchGetOrganizers(
        self, request: pb.BatchGetOrganizersRequest, call: Call
    ) -> pb.BatchGetOrganizersResponse:
        self.asked.append(list(request.organizer_ids))
        await self.called("BatchGetOrganizers")
        found = [organizer_id for organizer_id in request.organizer_ids if organizer_id in self.names]
        return pb.BatchGetOrganizersResponse(
            organizers=[
                OrganizerProfile(organizer_id=id_, name=self.names[id_], about=self.abouts.get(id_, ""))
                for id_ in found
            ]
        )

    async def KeepCustomer(self, request: pb.KeepCustomerRequest, call: Call) -> pb.KeepCustomerResponse:
        await self.called("KeepCustomer")
        self.customers.append(request)
        return pb.KeepCustomerResponse(subject_id=f"gst_of_{request.order_id}")

    async def FindCustomers(self, request: pb.FindCustomersRequest, call: Call) -> pb.FindCustomersResponse:
        await self.called("FindCustomers")
        text = request.text.lower()
        found = [
            subject_id
            for subject_id, person in self.people.items()
            if text == person.email or (subject_id in request.subject_ids and text in person.name.lower())
        ]
        return pb.FindCustomersResponse(subject_ids=sorted(found))

    async def GetAccessCode(self, request: pb.GetAccessCodeRequest, call: Call) -> pb.GetAccessCodeResponse:
        await self.called("GetAccessCode")
        if request.code_id not in self.codes:
            raise CodeExpired
        return self.codes[request.code_id]

    def _person(self, subject_id: str) -> str:
        person_id = self.merged.get(subject_id, subject_id)
        if person_id not in self.people:
            raise SubjectNotFound
        return person_id
