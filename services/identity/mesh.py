"""identity's RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.identity.v1.identity_events_pb2 import TokensRevoked
from eventhub.refusals import CodeExpired, SubjectNotFound
from services.identity import customers, people, store
from services.identity.door import signins
from services.identity.door.store import find_code
from services.identity.keys import KeyRing
from services.kit.db import Database, Tx
from services.kit.feeds import feed, positions, watch_topic
from services.kit.rpc import Call
from services.kit.values import Clock, to_timestamp


class IdentityMesh:
    """Serves IdentityMesh."""

    def __init__(self, database: Database, clock: Clock, ring: KeyRing) -> None:
        """ring: identity's keys."""
        self.database = database
        self.clock = clock
        self._ring = ring

    async def GetContact(self, request: pb.GetContactRequest, call: Call) -> pb.GetContactResponse:
        reached = await self.database.read(contact, request.subject_id)
        reached.mailbox_key = self._ring.participant_key("mailbox", people.mailbox(reached.email))
        return reached

    async def GetParticipant(self, request: pb.GetParticipantRequest, call: Call) -> pb.GetParticipantResponse:
        keys = [
            self._ring.participant_key(kind, value)
            for kind, value in await self.database.read(counted_by, request.subject_id)
        ]
        return pb.GetParticipantResponse(participant_keys=keys)

    async def GetPerson(self, request: pb.GetPersonRequest, call: Call) -> pb.GetPersonResponse:
        return pb.GetPersonResponse(subject_id=await self.database.read(person, request.subject_id))

    async def BatchGetOrganizers(
        self, request: pb.BatchGetOrganizersRequest, call: Call
    ) -> pb.BatchGetOrganizersResponse:
        found = await self.database.read(store.organizer_names, request.organizer_ids)
        return pb.BatchGetOrganizersResponse(
            organizers=[pb.OrganizerName(organizer_id=organizer_id, name=name) for organizer_id, name in found]
        )

    async def KeepCustomer(self, request: pb.KeepCustomerRequest, call: Call) -> pb.KeepCustomerResponse:
        customer = customers.customer_of(request, self._ring)
        subject_id = await self.database.write(customers.keep, customer, now_us=self.clock.now_us())
        return pb.KeepCustomerResponse(subject_id=subject_id)

    async def GetAccessCode(self, request: pb.GetAccessCodeRequest, call: Call) -> pb.GetAccessCodeResponse:
        code = await self.database.read(find_code, request.code_id)
        if code is None or not code.good(self.clock.now_us()):
            raise CodeExpired
        locale = code.locale or await self.database.read(store.locale_of, code.email) or people.DEFAULT_LOCALE
        return pb.GetAccessCodeResponse(
            email=code.email,
            code=self._ring.code(code.code_id, code.email, code.digits),
            locale=locale,
            expires_at=to_timestamp(code.expires_us),
        )

    async def WatchRevocations(
        self, request: pb.WatchRevocationsRequest, call: Call
    ) -> AsyncIterator[pb.WatchRevocationsResponse]:
        since_us = self.clock.now_us() - signins.ACCESS_LIFE_US
        position = await self.database.read(positions.position_at, signins.REVOCATIONS, since_us)
        async for news in watch_topic(self.database, signins.REVOCATIONS, call):
            more = news
            if not news:
                yield pb.WatchRevocationsResponse()
            while more:
                batch = await self.database.read(feed.facts_after, position, signins.REVOCATIONS)
                for fact in batch.facts:
                    position = fact.position
                    yield pb.WatchRevocationsResponse(revoked_ids=TokensRevoked.FromString(fact.payload).revoked_ids)
                more = bool(batch.facts)

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)


async def contact(tx: Tx, subject_id: str) -> pb.GetContactResponse:
    """A person's contact data, without the mailbox key. Raises SubjectNotFound."""
    guest = await store.person(tx, subject_id)
    if guest is not None:
        return pb.GetContactResponse(
            name=guest.name, email=guest.email, phone=guest.phone, locale=guest.locale, proven=guest.verified
        )
    account = await store.account_by_id(tx, subject_id)
    if account is None:
        raise SubjectNotFound
    return pb.GetContactResponse(name=account.name, email=account.email, locale=account.locale, proven=account.verified)


async def person(tx: Tx, subject_id: str) -> str:
    """The subject of the person behind a session, else the subject itself. Raises SubjectNotFound."""
    guest = await store.person(tx, subject_id)
    if guest is not None:
        return guest.guest_id
    if await store.account_by_id(tx, subject_id) is None:
        raise SubjectNotFound
    return subject_id


async def counted_by(tx: Tx, subject_id: str) -> list[tuple[str, str]]:
    """The kinds and values that a person is counted by. Raises SubjectNotFound."""
    guest = await store.person(tx, subject_id)
    if guest is not None:
        return customers.counted_by(guest)
    account = await store.account_by_id(tx, subject_id)
    if account is None:
        raise SubjectNotFound
    return [customers.by_mailbox(account.email)] if account.verified else []
