"""identity's RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.identity.v1 import identity_service_pb2 as pb
from services.identity import addresses, convert, finding, guest_store, profile_store, transactions
from services.identity.keys import KeyRing
from services.identity.signin import code_transactions, signins
from services.kit.db import Database
from services.kit.feeds import feed, positions, watch_topic
from services.kit.rpc import Call
from services.kit.values import Clock


class IdentityMesh:
    """Serves the contract's IdentityMesh."""

    def __init__(self, database: Database, clock: Clock, ring: KeyRing) -> None:
        """ring: identity's keys."""
        self.database = database
        self.clock = clock
        self._ring = ring

    async def GetContact(self, request: pb.GetContactRequest, call: Call) -> pb.GetContactResponse:
        person = await self.database.read(transactions.find_person, request.subject_id)
        return convert.contact_pb(person, self._ring)

    async def GetParticipant(self, request: pb.GetParticipantRequest, call: Call) -> pb.GetParticipantResponse:
        person = await self.database.read(transactions.find_person, request.subject_id)
        return convert.participant_pb(person, self._ring)

    async def GetPerson(self, request: pb.GetPersonRequest, call: Call) -> pb.GetPersonResponse:
        person = await self.database.read(transactions.find_person, request.subject_id)
        return pb.GetPersonResponse(subject_id=person.subject_id)

    async def BatchGetOrganizers(
        self, request: pb.BatchGetOrganizersRequest, call: Call
    ) -> pb.BatchGetOrganizersResponse:
        found = await self.database.read(profile_store.profiles, request.organizer_ids)
        return pb.BatchGetOrganizersResponse(organizers=[convert.organizer_profile_pb(profile) for profile in found])

    async def KeepCustomer(self, request: pb.KeepCustomerRequest, call: Call) -> pb.KeepCustomerResponse:
        customer = convert.customer(request, self._ring)
        subject_id = await self.database.write(transactions.keep_customer, customer, now_us=self.clock.now_us())
        return pb.KeepCustomerResponse(subject_id=subject_id)

    async def FindCustomers(self, request: pb.FindCustomersRequest, call: Call) -> pb.FindCustomersResponse:
        if finding.is_email(request.text):
            email = addresses.normalize(request.text)
            return pb.FindCustomersResponse(subject_ids=await self.database.read(guest_store.with_email, email))
        if not request.subject_ids:
            return pb.FindCustomersResponse()
        named = await self.database.read(guest_store.names_of, request.subject_ids)
        return pb.FindCustomersResponse(
            subject_ids=[subject_id for subject_id, name in named if finding.matches(request.text, name)]
        )

    async def GetAccessCode(self, request: pb.GetAccessCodeRequest, call: Call) -> pb.GetAccessCodeResponse:
        now_us = self.clock.now_us()
        code = await self.database.read(code_transactions.code_to_send, request.code_id, now_us=now_us)
        return convert.access_code_pb(code, self._ring)

    async def WatchRevocations(
        self, request: pb.WatchRevocationsRequest, call: Call
    ) -> AsyncIterator[pb.WatchRevocationsResponse]:
        since_us = self.clock.now_us() - signins.ACCESS_LIFE_US
        position = await self.database.read(positions.position_at, signins.REVOCATIONS, since_us)
        async for news in watch_topic(self.database, signins.REVOCATIONS, call):
            if not news:
                yield pb.WatchRevocationsResponse()
                continue
            while facts := (await self.database.read(feed.facts_after, position, signins.REVOCATIONS)).facts:
                for fact in facts:
                    position = fact.position
                    yield convert.revocations_pb(fact)

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)
