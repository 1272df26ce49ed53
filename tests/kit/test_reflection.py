"""Reflection, as grpcurl, ghz and other tools use it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2 as pb

from services.inventory.wiring import build
from services.kit.rpc.reflection import METHODS, QUESTIONS_MAX
from tests.kit.peer import reason
from tests.stage import Stage

V1, V1ALPHA = (method.path for method in METHODS)
INVENTORY = "eventhub.inventory.v1.InventoryService"
OWN_FILE = "eventhub/inventory/v1/inventory_service.proto"
Ask = Any


@pytest_asyncio.fixture
async def inventory(stage: Stage) -> AsyncIterator[Stage]:
    await stage.add(build)
    yield stage


async def answers(stage: Stage, path: str, *questions: pb.ServerReflectionRequest) -> list[pb.ServerReflectionResponse]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{stage.platform.port}") as wire:
        ask: Ask = wire.stream_stream(path)
        return [
            pb.ServerReflectionResponse.FromString(answer)
            async for answer in ask(iter([question.SerializeToString() for question in questions]), timeout=5)
        ]


async def files(stage: Stage, *questions: pb.ServerReflectionRequest) -> list[list[str]]:
    """The names of the files in the answer to each question."""
    return [
        [FileDescriptorProto.FromString(file).name for file in answer.file_descriptor_response.file_descriptor_proto]
        for answer in await answers(stage, V1, *questions)
    ]


def symbol(name: str) -> pb.ServerReflectionRequest:
    return pb.ServerReflectionRequest(file_containing_symbol=name)


@pytest.mark.parametrize("path", [V1, V1ALPHA])
async def test_both_versions_list_the_public_services_only(inventory: Stage, path: str) -> None:
    await inventory.start()

    (answer,) = await answers(inventory, path, pb.ServerReflectionRequest(list_services="*"))

    names = {service.name for service in answer.list_services_response.service}
    assert {INVENTORY, "grpc.health.v1.Health", V1.split("/")[1], V1ALPHA.split("/")[1]} <= names
    assert not [name for name in names if name.endswith("Mesh")]
    assert answer.original_request.list_services == "*"


@pytest.mark.parametrize(
    "name",
    [INVENTORY, f"{INVENTORY}.Hold", "eventhub.inventory.v1.HoldRequest", "eventhub.inventory.v1.HoldRequest.items"],
)
async def test_services_methods_messages_and_fields_are_found_by_name(inventory: Stage, name: str) -> None:
    await inventory.start()

    (found,) = await files(inventory, symbol(name))

    assert found[0] == OWN_FILE
    assert {"eventhub/common/v1/options.proto", "google/protobuf/descriptor.proto"} < set(found)


async def test_the_later_version_describes_itself(inventory: Stage) -> None:
    await inventory.start()

    assert (await files(inventory, symbol("grpc.reflection.v1.ServerReflection.ServerReflectionInfo")))[0]


async def test_a_file_is_sent_once_in_a_stream(inventory: Stage) -> None:
    await inventory.start()

    first, second = await files(
        inventory,
        symbol(INVENTORY),
        pb.ServerReflectionRequest(file_by_filename="eventhub/inventory/v1/inventory.proto"),
    )

    assert len(first) > 5
    assert second == ["eventhub/inventory/v1/inventory.proto"]


@pytest.mark.parametrize(
    "question",
    [
        symbol("eventhub.Nothing"),
        symbol(f"{INVENTORY}.DropTables"),
        symbol(""),
        pb.ServerReflectionRequest(file_by_filename="/etc/passwd"),
        pb.ServerReflectionRequest(all_extension_numbers_of_type="no.Type"),
        pb.ServerReflectionRequest(
            file_containing_extension=pb.ExtensionRequest(containing_type="no.Type", extension_number=1)
        ),
    ],
)
async def test_an_unknown_name_is_an_error_and_the_stream_goes_on(
    inventory: Stage, question: pb.ServerReflectionRequest
) -> None:
    await inventory.start()

    missing, there = await answers(inventory, V1, question, symbol(INVENTORY))

    assert missing.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    assert there.HasField("file_descriptor_response")


async def test_the_rules_of_rpcs_are_found_by_type_and_number(inventory: Stage) -> None:
    await inventory.start()
    options = "google.protobuf.MethodOptions"
    which = pb.ExtensionRequest(containing_type=options, extension_number=50100)

    numbers, file = await answers(
        inventory,
        V1,
        pb.ServerReflectionRequest(all_extension_numbers_of_type=options),
        pb.ServerReflectionRequest(file_containing_extension=which),
    )

    assert 50100 in numbers.all_extension_numbers_response.extension_number
    assert file.HasField("file_descriptor_response")


async def test_a_stream_has_an_end(inventory: Stage) -> None:
    await inventory.start()

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await answers(inventory, V1, *[symbol("no.Thing")] * (QUESTIONS_MAX + 1))

    assert reason(refused.value).__name__ == "TooManyRequests"


async def test_an_operator_may_turn_it_off(inventory: Stage) -> None:
    inventory.platform.runtime.settings = replace(inventory.platform.runtime.settings, reflection="no")
    await inventory.start()

    async with grpc.aio.insecure_channel(f"127.0.0.1:{inventory.platform.port}") as wire:
        for path in (V1, V1ALPHA):
            ask: Ask = wire.unary_unary(path)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await ask(symbol(INVENTORY).SerializeToString())
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
