"""Whose a hold is: whoever took it, and the person that this one turned out to be."""

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


class Owners:
    """Finds holds for those whose they are. Identity is asked only where somebody else took one."""

    def __init__(self, database: Database, channel: grpc.aio.Channel) -> None:
        """database: inventory's own. channel: to the other contexts, as inventory."""
        self._database = database
        self._identity = IdentityMeshStub(channel)

    async def find(self, hold_id: str, subject_id: str) -> Hold:
        """A subject's hold. Raises HoldNotFound, also where it is somebody else's."""
        hold = await self._database.read(hold_store.find_hold, hold_id)
        if hold is None or (hold.buyer_id != subject_id and await self._person(hold.buyer_id) != subject_id):
            raise HoldNotFound
        return hold

    async def act(self, hold_id: str, subject_id: str, work: Callable[[str], Awaitable[T]]) -> T:
        """Does something to a subject's hold as whoever took it. work: does it for an owner, or raises HoldNotFound."""
        try:
            return await work(subject_id)
        except HoldNotFound:
            hold = await self.find(hold_id, subject_id)
            return await work(hold.buyer_id)

    async def _person(self, subject_id: str) -> str:
        try:
            return (await self._identity.GetPerson(GetPersonRequest(subject_id=subject_id))).subject_id
        except SubjectNotFound:
            return ""
