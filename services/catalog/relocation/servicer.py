"""A place holder until the relocation is merged."""

from typing import Any

from eventhub.refusals import Unavailable


class RelocationCalls:
    """Refuses the RPCs of relocations."""

    async def PreviewRelocation(self, request: Any, call: Any) -> Any:
        raise Unavailable

    async def RelocateEvent(self, request: Any, call: Any) -> Any:
        raise Unavailable

    async def GetRelocation(self, request: Any, call: Any) -> Any:
        raise Unavailable
