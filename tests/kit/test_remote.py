"""Contexts in different processes know each other by certificate, and find the replicas that are ready."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
import pytest_asyncio

from eventhub import contract
from eventhub.catalog.v1.catalog_service_pb2 import FeedRequest
from eventhub.refusals import AccessDenied, DeadlinePassed, Internal, Unavailable
from scripts import certificates
from scripts.cluster.names import names
from services.kit.rpc.remote import FAILING, LOOK_EVERY_S, LOOK_UP_EVERY_S, targets
from tests.kit.wired import EVENTS, REQUEST, Wired
from tests.stage import until

ENOUGH = 20


@pytest_asyncio.fixture
async def wired(tmp_path: Path) -> AsyncIterator[Wired]:
    mesh = Wired(tmp_path)
    yield mesh
    await mesh.stop()


async def test_a_neighbour_is_known_by_its_certificate(wired: Wired) -> None:
    await wired.replica("catalog-1")

    await wired.asked_by("pricing").BatchGetEvents(REQUEST)

    assert [call.caller.service for call in wired.calls] == ["pricing"]


async def test_a_context_calls_only_what_the_contract_lets_it(wired: Wired) -> None:
    await wired.replica("catalog-1")
    assert "inventory" not in contract.by_path()[EVENTS].rules.callers

    with pytest.raises(AccessDenied):
        await wired.asked_by("inventory").BatchGetEvents(REQUEST)

    assert not wired.calls


async def test_a_certificate_of_no_context_opens_nothing(wired: Wired) -> None:
    await wired.replica("catalog-1")

    for uri in ("spiffe://elsewhere/pricing", "https://eventhub/pricing", "spiffe://eventhub/pricing/more"):
        with pytest.raises(AccessDenied):
            await wired.asked_by("pricing", uri=uri).BatchGetEvents(REQUEST)

    assert not wired.calls


@pytest.mark.parametrize("wrong", ["another authority", "expired", "not yet valid"])
async def test_a_wrong_certificate_gets_no_connection(wired: Wired, wrong: str) -> None:
    await wired.replica("catalog-1")
    odd: dict[str, dict[str, Any]] = {
        "another authority": {"signer": certificates.authority()},
        "expired": {"lasts": -timedelta(hours=1)},
        "not yet valid": {"starts": timedelta(hours=1)},
    }

    with pytest.raises(Unavailable):
        await wired.asked_by("pricing", **odd[wrong]).BatchGetEvents(REQUEST)

    assert not wired.calls


async def test_a_server_with_another_name_is_not_called(wired: Wired) -> None:
    await wired.replica("catalog-1", signer=certificates.authority())

    with pytest.raises(Unavailable):
        await wired.asked_by("pricing").BatchGetEvents(REQUEST)

    assert not wired.calls


async def test_the_mesh_port_refuses_callers_without_a_certificate(wired: Wired) -> None:
    platform = await wired.replica("catalog-1")

    async with grpc.aio.insecure_channel(f"127.0.0.1:{platform.mesh_port}") as channel:
        ask: Any = channel.unary_unary(EVENTS)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(b"", timeout=5)

    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert not wired.calls


async def test_the_public_port_serves_no_rpc_of_the_mesh(wired: Wired) -> None:
    platform = await wired.replica("catalog-1")

    async with grpc.aio.insecure_channel(f"127.0.0.1:{platform.port}") as channel:
        ask: Any = channel.unary_unary(EVENTS)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(b"", timeout=5)

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_replicas_take_turns_and_one_that_is_not_serving_gets_no_calls(wired: Wired) -> None:
    first, _ = await wired.replica("catalog-1"), await wired.replica("catalog-2")
    stub = wired.asked_by("pricing")

    async def served_by(count: int) -> dict[str, int]:
        wired.served.clear()
        for _ in range(count):
            await stub.BatchGetEvents(REQUEST)
        return dict(wired.served)

    async def both() -> bool:
        return len(await served_by(2)) == 2

    await until(both)
    assert await served_by(ENOUGH) == {"catalog-1": ENOUGH // 2, "catalog-2": ENOUGH // 2}

    await first.tell(ready=False)

    async def second_alone() -> bool:
        return "catalog-1" not in await served_by(4)

    await until(second_alone)
    assert await served_by(ENOUGH) == {"catalog-2": ENOUGH}

    await first.tell(ready=True)
    await until(both)


async def test_no_call_is_lost_when_a_replica_ends(wired: Wired) -> None:
    first, _ = await wired.replica("catalog-1"), await wired.replica("catalog-2")
    stub = wired.asked_by("pricing")
    await stub.BatchGetEvents(REQUEST)
    ended = asyncio.create_task(first.stop(grace_s=1))

    calls = [await stub.BatchGetEvents(REQUEST) for _ in range(ENOUGH)]
    await ended
    calls += [await stub.BatchGetEvents(REQUEST) for _ in range(ENOUGH)]

    assert len(calls) == 2 * ENOUGH
    del wired.replicas["catalog-1"]


async def test_names_are_looked_up_again_once_none_of_those_known_serves(wired: Wired) -> None:
    old = await wired.replica("catalog-1", "127.0.1.1")
    async with names(keep_s=0) as (known, dns):
        known.addresses["catalog"] = ["127.0.1.1"]
        wires = wired.neighbours(
            wired.certificate("pricing", "pricing"), f"dns://127.0.0.1:{dns}/catalog:{old.mesh_port}"
        )
        stub = wired.catalog("pricing", wires)
        await stub.BatchGetEvents(REQUEST)

        await wired.replica("catalog-2", "127.0.1.2", old.mesh_port)
        known.addresses["catalog"] = ["127.0.1.2"]
        await old.tell(ready=False)
        await until(lambda: wires.wire("catalog").get_state() is FAILING)
        wired.clock.advance(LOOK_UP_EVERY_S)
        wired.served.clear()
        await stub.BatchGetEvents(REQUEST)

        assert wired.served == {"catalog-2": 1}


async def test_a_name_whose_replicas_are_all_away_is_not_looked_up_at_every_call(wired: Wired) -> None:
    old = await wired.replica("catalog-1")
    wires = wired.neighbours(wired.certificate("pricing", "pricing"))
    stub = wired.catalog("pricing", wires)
    await stub.BatchGetEvents(REQUEST)
    await old.tell(ready=False)
    await until(lambda: wires.wire("catalog").get_state() is FAILING)

    assert wires.wire("catalog") is wires.wire("catalog")
    wired.clock.advance(LOOK_UP_EVERY_S)
    failing = wires.wire("catalog")
    assert wires.wire("catalog") is failing


async def test_a_dead_neighbour_is_unavailable(wired: Wired) -> None:
    wires = wired.neighbours(wired.certificate("pricing", "pricing"), "ipv4:127.0.0.1:1")

    with pytest.raises(Unavailable):
        await wired.catalog("pricing", wires).BatchGetEvents(REQUEST)


async def test_a_slow_neighbour_is_named(wired: Wired) -> None:
    await wired.replica("catalog-1")
    wired.pause = asyncio.Event().wait

    with pytest.raises(DeadlinePassed) as late:
        await wired.asked_by("pricing").BatchGetEvents(REQUEST, timeout=0.3)

    assert late.value.facts == {"method": EVENTS}


async def test_a_neighbour_that_answers_nonsense_is_not_believed(wired: Wired) -> None:
    shown = wired.certificate("catalog-1", "catalog")

    async def nonsense(_: bytes, __: object) -> bytes:
        return b"\xff\xff\xff"

    server = grpc.aio.server()
    handler: Any = {"BatchGetEvents": grpc.unary_unary_rpc_method_handler(nonsense)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("eventhub.catalog.v1.CatalogMesh", handler),))
    port = server.add_secure_port("127.0.0.1:0", shown.for_a_server())
    await server.start()
    wires = wired.neighbours(wired.certificate("pricing", "pricing"), f"ipv4:127.0.0.1:{port}")

    with pytest.raises(Internal):
        await wired.catalog("pricing", wires).BatchGetEvents(REQUEST)

    await server.stop(0)


async def test_certificates_are_renewed_while_everything_runs(wired: Wired) -> None:
    await wired.replica("catalog-1")
    shown = wired.certificate("pricing", "pricing")
    wires = wired.neighbours(shown)
    stub = wired.catalog("pricing", wires)
    await stub.BatchGetEvents(REQUEST)
    renewing = asyncio.create_task(wires.renew())
    await asyncio.sleep(0)

    old, wired.authority = wired.authority, certificates.authority("another")
    wired.certificate("catalog-1", "catalog")
    wired.certificate("pricing", "pricing")
    before = wires.wire("catalog")
    wired.clock.advance(LOOK_EVERY_S)
    await until(lambda: wires.wire("catalog") is not before)
    await stub.BatchGetEvents(REQUEST)

    with pytest.raises(Unavailable):
        await wired.asked_by("ticketing", signer=old).BatchGetEvents(REQUEST)
    assert [call.caller.service for call in wired.calls] == ["pricing", "pricing"]
    renewing.cancel()


async def test_a_feed_with_an_old_certificate_ends_as_if_its_neighbour_were_away(wired: Wired) -> None:
    """The watch raises a refusal, so its reader opens it again and is not cancelled itself."""
    await wired.replica("catalog-1")
    wires = wired.neighbours(wired.certificate("reporting", "reporting"), old_wires_end_after_s=0.05)
    feed = aiter(wired.catalog("reporting", wires).Feed(FeedRequest(consumer="reporting")))
    await anext(feed)
    renewing = asyncio.create_task(wires.renew())
    await asyncio.sleep(0)

    wired.certificate("reporting", "reporting")
    wired.clock.advance(LOOK_EVERY_S)

    with pytest.raises(Unavailable):
        await anext(feed)
    await anext(aiter(wired.catalog("reporting", wires).Feed(FeedRequest(consumer="reporting"))))
    renewing.cancel()


async def test_a_cancelled_caller_ends(wired: Wired) -> None:
    await wired.replica("catalog-1")
    stub = wired.asked_by("reporting")

    async def follow() -> None:
        async for _ in stub.Feed(FeedRequest(consumer="reporting")):
            heard.set()

    heard = asyncio.Event()
    following = asyncio.create_task(follow())
    await heard.wait()
    following.cancel()
    await asyncio.wait([following])

    assert following.cancelled()


def test_neighbours_are_where_the_setting_says() -> None:
    named = targets("identity=ipv4:127.0.0.1:1,127.0.0.1:2;catalog=dns:///c:3")

    assert targets("dns:///{context}:7072")("orders") == "dns:///orders:7072"
    assert [named("identity"), named("catalog")] == ["ipv4:127.0.0.1:1,127.0.0.1:2", "dns:///c:3"]
    with pytest.raises(KeyError):
        named("orders")
