"""Registering an organizer: check that it is new, hash the owner's password, then write both."""

from dataclasses import replace

from eventhub.identity.v1.identity_service_pb2 import RegisterOrganizerRequest
from eventhub.refusals import IdInUse
from services.identity import convert, transactions
from services.identity.signin.authenticator import Authenticator
from services.identity.signin.limits import Visitor
from services.kit.db import Database
from services.kit.values import Clock


class Registrar:
    """Registers organizers and their owners."""

    def __init__(self, database: Database, clock: Clock, authenticator: Authenticator) -> None:
        """database: identity's own. authenticator: hashes and verifies passwords."""
        self._database = database
        self._clock = clock
        self._authenticator = authenticator

    async def register(self, request: RegisterOrganizerRequest, visitor: Visitor) -> None:
        """Registers an organizer. A repeat has to bring the same password. Raises IdInUse, TooManyRequests."""
        organizer, owner = convert.organizer(request), convert.owner(request)
        now_us = self._clock.now_us()
        new = await self._database.read(transactions.check_new, organizer, owner, visitor, now_us=now_us)
        if new:
            phc = await self._authenticator.hash_password(request.password, owner.email, visitor)
            owner = replace(owner, password_phc=phc)
            new = await self._database.write(transactions.register, organizer, owner, visitor, now_us=now_us)
        if not new:
            right = await self._authenticator.accounts_with_password(owner.email, request.password, visitor)
            if owner.account_id not in {account.account_id for account in right}:
                raise IdInUse
