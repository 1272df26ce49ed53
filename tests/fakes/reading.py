"""Reads feeds for the suites that hold each fake to the real context."""

import asyncio
from collections.abc import AsyncIterable
from typing import Any

from eventhub.common.v1.feed_pb2 import Fact, FactBatch
from tests.stage import PATIENCE_S


async def batches(answers: AsyncIterable[Any], count: int) -> list[FactBatch]:
    """The batches of a feed with its first facts, at least count of them."""
    found: list[FactBatch] = []
    async with asyncio.timeout(PATIENCE_S):
        async for answer in answers:
            found.append(answer.batch)
            if sum(len(batch.facts) for batch in found) >= count:
                break
    return found


async def facts(answers: AsyncIterable[Any], count: int) -> list[Fact]:
    """The first facts of a feed."""
    return [fact for batch in await batches(answers, count) for fact in batch.facts][:count]


def heads(found: list[Fact]) -> list[tuple[str, str, str]]:
    """The name, aggregate and organizer of facts."""
    return [(fact.type.rpartition(".")[2], fact.aggregate_id, fact.organizer_id) for fact in found]
