"""identity's RPCs for the other contexts."""

from collections.abc import AsyncIterator

from eventhub.identity.v1 import identity_service_pb2 as pb
from eventhub.refusals import CodeExpired, SubjectNotFound
from services.identity import store
from services.identity.doorman import person
from services.identity.keys import KeyRing
from services.kit import feed
from services.kit.call import Call
from services.kit.clock import Clock, to_timestamp
from services.kit.db import Database, Tx

DEFAULT_LOCALE = "pt-BR"


class Mesh:
    """Serves IdentityMesh."""

    def __init__(self, database: Database, clock: Clock, ring: KeyRing) -> None:
        """ring: identity's keys."""
        self.database = database
        self.clock = clock
        self._ring = ring

    async def GetContact(self, request: pb.GetContactRequest, call: Call) -> pb.GetContactResponse:
        """How to reach a person."""
        return await self.database.read(contact, request.subject_id)

    async def GetParticipant(self, request: pb.GetParticipantRequest, call: Call) -> pb.GetParticipantResponse:
        """By which keys a person is counted."""
        email, cpf = await self.database.read(proven, request.subject_id)
        keys = [self._ring.participant_key(kind, value) for kind, value in (("email", email), ("cpf", cpf)) if value]
        return pb.GetParticipantResponse(participant_keys=keys)

    async def GetAccessCode(self, request: pb.GetAccessCodeRequest, call: Call) -> pb.GetAccessCodeResponse:
        """A code to be sent."""
        code = await self.database.read(store.code, request.code_id)
        if code is None or not code.good(self.clock.now_us()):
            raise CodeExpired
        return pb.GetAccessCodeResponse(
            email=code.email,
            code=self._ring.code(code.code_id, code.email),
            locale=await self.database.read(locale_of, code.email),
            expires_at=to_timestamp(code.expires_us),
        )

    async def Feed(self, request: pb.FeedRequest, call: Call) -> AsyncIterator[pb.FeedResponse]:
        """Identity's facts."""
        async for batch in feed.batches(self.database, request, call.draining):
            yield pb.FeedResponse(batch=batch)


async def contact(tx: Tx, subject_id: str) -> pb.GetContactResponse:
    """How to reach a person. Raises SubjectNotFound."""
    guest = await person(tx, subject_id)
    if guest is not None:
        return pb.GetContactResponse(name=guest.name, email=guest.email, phone=guest.phone, locale=guest.locale)
    account = await store.account_by_id(tx, subject_id)
    if account is None:
        raise SubjectNotFound
    return pb.GetContactResponse(name=account.name, email=account.email, locale=account.locale)


async def proven(tx: Tx, subject_id: str) -> tuple[str, str]:
    """What a person is counted by: the e-mail if it is proven, the CPF if given. Raises SubjectNotFound."""
    guest = await person(tx, subject_id)
    if guest is not None:
        return guest.email if guest.verified else "", guest.cpf
    account = await store.account_by_id(tx, subject_id)
    if account is None:
        raise SubjectNotFound
    return account.email, ""


async def locale_of(tx: Tx, email: str) -> str:
    """The language an address is written to in."""
    account = await store.account_by_email(tx, email)
    if account is not None:
        return account.locale
    guests = await store.lock_guests_of(tx, email)
    return guests[-1].locale if guests else DEFAULT_LOCALE
