"""Questions to identity: which account a session belongs to, and so who may act on a hold."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc

from eventhub.identity.v1.identity_service_pb2 import GetPersonRequest
from eventhub.identity.v1.identity_service_pb2_grpc import IdentityMeshStub
from eventhub.refusals import HoldNotFound, SubjectNotFound
from services.inventory import hold_store
from services.inventory.holds import Hold
from services.kit.db import Database

T = TypeVar("T")


class HoldOwners:
    """Resolves who may act on a hold: the session that took it, or the account that the session was merged into.

    It asks identity only if a subject asks for a hold that another subject took.
    """

    def __init__(self, database: Database, channel: grpc.aio.Channel) -> None:
        """database: inventory's own. channel: to the other contexts, as inventory."""
        self._database = database
        self._identity = IdentityMeshStub(channel)

    async def find(self, hold_id: str, subject_id: str) -> Hold:
        """A subject's hold. Raises HoldNotFound if there is none, or another buyer has it."""
        hold = await self._database.read(hold_store.find_hold, hold_id)
        if hold is None or (hold.buyer_id != subject_id and await self._account(hold.buyer_id) != subject_id):
            raise HoldNotFound
        return hold

    async def act(self, hold_id: str, subject_id: str, work: Callable[[str], Awaitable[T]]) -> T:
        """Changes a subject's hold. work: makes the change as a given owner of the hold; if that owner does not have
        the hold, it raises HoldNotFound, and is tried once more as the session that took it."""
        try:
            return await work(subject_id)
        except HoldNotFound:
            hold = await self.find(hold_id, subject_id)
            return await work(hold.buyer_id)

    async def _account(self, subject_id: str) -> str:
        try:
            return (await self._identity.GetPerson(GetPersonRequest(subject_id=subject_id))).subject_id
        except SubjectNotFound:
            return ""
