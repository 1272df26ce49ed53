"""A place holder until the relocation is merged."""

from typing import Any

from eventhub.refusals import Unavailable


class RelocationCalls:
    """Refuses the RPCs of relocations."""

    async def FreezeSale(self, request: Any, call: Any) -> Any:
        raise Unavailable

    async def ThawSale(self, request: Any, call: Any) -> Any:
        raise Unavailable

    async def ListTakenSeats(self, request: Any, call: Any) -> Any:
        raise Unavailable

    async def StageSeats(self, request: Any, call: Any) -> Any:
        raise Unavailable

    async def MoveSeats(self, request: Any, call: Any) -> Any:
        raise Unavailable
