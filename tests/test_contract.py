"""Rules that every RPC of the contract keeps, and values that are derived from the contract."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet, MethodOptions

from eventhub import contract
from eventhub.buf.validate import validate_pb2
from eventhub.common.v1.options_pb2 import ACCESS_INTERNAL, DEADLINE_WATCH
from eventhub.contract import EDGE, Kind, Method
from eventhub.refusal import PLACEHOLDER, Refusal
from eventhub.refusals import SeatTaken
from scripts.picture import PLACE, README, picture
from tests import sources

RPCS = sorted(contract.by_path().values(), key=lambda rpc: rpc.path)
ENDLESS = re.compile(r"Feed|Subscribe|Watch\w+")
# "^hld_[0-9a-z]{26,64}$": an id with enough randomness that the caller may choose it. "(...)?" if it is optional.
CHOSEN_ID = re.compile(r"\^\(?[a-z]{3}_\[0-9a-z\]\{26,64\}(\)\?)?\$")
ATTEMPTS_MAX = 5
PLATFORM = sources.SERVICES / "kit" / "process" / "platform.py"
IMAGE = Path(contract.__file__).parent / "eventhub.binpb"


def level(rpc: Method) -> int:
    """The idempotency level of an RPC."""
    service = next(service for service in contract.services() if service.full_name == rpc.service)
    options: MethodOptions = service.methods_by_name[rpc.name].GetOptions()
    return options.idempotency_level


def chosen_ids(message: Any, seen: tuple[str, ...] = ()) -> Iterator[str]:
    """The fields of a request and of the messages in it whose ids the caller chooses."""
    for field in message.fields:
        if CHOSEN_ID.fullmatch(field.GetOptions().Extensions[validate_pb2.field].string.pattern):
            yield field.name
        inner = field.message_type
        if inner is not None and inner.full_name.startswith("eventhub.") and inner.full_name not in seen:
            yield from chosen_ids(inner, (*seen, inner.full_name))


def test_every_list_of_the_contract_says_how_many_items_it_may_have() -> None:
    files = {file.DESCRIPTOR for file in contract.FILES}
    while more := {needed for file in files for needed in file.dependencies} - files:
        files |= more
    ours = [file for file in files if re.fullmatch(r"eventhub\.\w+\.v1", file.package)]
    lists = [
        field
        for file in ours
        for message in file.message_types_by_name.values()
        for kind in (message, *message.nested_types)
        for field in kind.fields
        if field.is_repeated
    ]

    endless = [one.full_name for one in lists if not one.GetOptions().Extensions[validate_pb2.field].repeated.max_items]
    assert not endless, "\n".join(endless)
    assert len(lists) > len(contract.services())


@pytest.fixture(scope="module")
def image() -> FileDescriptorSet:
    return FileDescriptorSet.FromString(IMAGE.read_bytes())


def test_internal_services_serve_contexts_alone_and_public_ones_never_do() -> None:
    odd = []
    for rpc in RPCS:
        inside = rpc.service.endswith("Mesh")
        if inside != (ACCESS_INTERNAL in rpc.rules.access) or (inside and len(rpc.rules.access) != 1):
            odd.append(rpc.path)
    assert not odd, "\n".join(odd)


def test_callers_are_contexts_and_none_calls_itself() -> None:
    contexts = {*contract.contexts(), EDGE}
    odd = [rpc.path for rpc in RPCS if not set(rpc.rules.callers) <= contexts - {rpc.context}]
    assert not odd, "\n".join(odd)


def test_the_call_graph_is_the_rules_and_the_keys_that_all_processes_need() -> None:
    contexts = set(contract.contexts())
    graph = contract.edges()
    assert {caller for caller, callee in graph if callee == "identity"} == contexts - {"identity"}
    of_orders = {callee for caller, callee in graph if caller == "orders"}
    assert of_orders == {"catalog", "identity", "inventory", "payments", "pricing", "ticketing"}
    assert ("orders", "reporting") not in graph
    assert not [edge for edge in graph if edge[0] == edge[1] or not set(edge) <= contexts]


def test_a_write_under_an_id_of_the_caller_can_be_repeated() -> None:
    writes = {rpc.path: rpc for rpc in RPCS if level(rpc) != MethodOptions.NO_SIDE_EFFECTS}
    named = {path for path, rpc in writes.items() if any(chosen_ids(rpc.request.DESCRIPTOR))}

    assert not {path for path in named if level(writes[path]) != MethodOptions.IDEMPOTENT}
    assert "/eventhub.orders.v1.OrdersService/Checkout" in named


def test_methods_named_as_reads_are_reads() -> None:
    reading = re.compile(r"(Get|BatchGet|List|Search|Watch|Quote|Find|Describe)\w*|Feed|Subscribe")
    odd = [rpc.path for rpc in RPCS if reading.fullmatch(rpc.name) and level(rpc) != MethodOptions.NO_SIDE_EFFECTS]
    assert not odd, "\n".join(odd)


def test_only_streams_without_an_end_have_no_deadline() -> None:
    odd = []
    for rpc in RPCS:
        endless = ENDLESS.fullmatch(rpc.name) is not None
        if endless != (rpc.rules.deadline == DEADLINE_WATCH) or (endless and rpc.kind is not Kind.SERVER_STREAM):
            odd.append(rpc.path)
    assert not odd, "\n".join(odd)


def test_the_service_config_names_every_rpc_once_and_repeats_no_write_that_may_not_be() -> None:
    config = json.loads(json.dumps(contract.service_config()))
    named = [
        (f"/{name['service']}/{name['method']}", entry) for entry in config["methodConfig"] for name in entry["name"]
    ]
    by_name = dict(named)
    repeated = {path for path, entry in by_name.items() if "retryPolicy" in entry}

    assert sorted(by_name) == [rpc.path for rpc in RPCS]
    assert len(named) == len(by_name)
    assert all(by_name[path]["retryPolicy"]["maxAttempts"] <= ATTEMPTS_MAX for path in repeated)
    assert not {rpc.path for rpc in RPCS if level(rpc) == MethodOptions.IDEMPOTENCY_UNKNOWN} & repeated
    assert {rpc.path for rpc in RPCS if rpc.kind is Kind.UNARY and level(rpc)} == repeated


@pytest.mark.parametrize(("attempts", "refused"), [(4, False), (1, True)])
async def test_grpc_accepts_the_service_config(attempts: int, *, refused: bool) -> None:
    config = contract.service_config()
    for entry in config["methodConfig"]:
        if "retryPolicy" in entry:
            entry["retryPolicy"]["maxAttempts"] = attempts  # gRPC accepts no fewer than 2
    options = (("grpc.service_config", json.dumps(config)),)

    async with grpc.aio.insecure_channel("127.0.0.1:1", options=options) as channel:
        call: Any = channel.unary_unary("/nobody/Listens")
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await call(b"", timeout=1)

    assert (failed.value.code() == grpc.StatusCode.INVALID_ARGUMENT) is refused


def test_the_image_is_the_contract_that_the_stubs_were_made_of(image: FileDescriptorSet) -> None:
    files = {file.name: file for file in image.file}

    for stub in contract.FILES:
        made = FileDescriptorProto()
        stub.DESCRIPTOR.CopyToProto(made)
        kept = FileDescriptorProto()
        kept.CopyFrom(files[made.name])
        kept.ClearField("source_code_info")
        assert kept == made


def test_the_image_carries_the_comments_and_all_it_imports(image: FileDescriptorSet) -> None:
    names = {file.name for file in image.file}
    ours = [file for file in image.file if file.package.startswith("eventhub.")]

    assert not {needed for file in image.file for needed in file.dependency} - names
    assert {file.name for file in ours} >= {stub.DESCRIPTOR.name for stub in contract.FILES}
    assert all(any(at.leading_comments for at in file.source_code_info.location) for file in ours)


def callers_of(rpc: Method) -> set[str]:
    """The contexts whose sources call an internal RPC; all, if the kit calls it for them."""
    if f".{rpc.name}(" in PLATFORM.read_text():
        return set(contract.contexts()) - {rpc.context} | {EDGE}
    stub = f"{rpc.context.capitalize()}MeshStub"
    follows = re.compile(rf'follow\(\s*(database,\s*)?"{rpc.context}"')
    call = re.compile(rf"\.{rpc.name}\(")
    found = set()
    for folder in sources.contexts():
        texts = [path.read_text() for path in folder.rglob("*.py")]
        calls = any(stub in text for text in texts) and any(call.search(text) for text in texts)
        if any(follows.search(text) for text in texts) if rpc.name == "Feed" else calls:
            found.add(folder.name)
    return found


@pytest.mark.parametrize("rpc", [rpc for rpc in contract.by_path().values() if rpc.internal], ids=lambda rpc: rpc.path)
def test_only_contexts_that_call_may_call(rpc: Method) -> None:
    callers = callers_of(rpc)

    # GetPayment is for operators who look into an order; no saga calls it.
    assert callers == set(rpc.rules.callers) or (rpc.name == "GetPayment" and not callers)


def test_the_picture_in_the_readme_is_the_call_graph() -> None:
    assert PLACE.search(README.read_text())
    assert picture() in README.read_text()
    drawn = {(line.split()[0], line.split()[-1]) for line in picture().splitlines() if ">" in line}
    assert drawn == contract.edges()


def test_every_reason_has_words_for_people_in_both_languages() -> None:
    odd = []
    for kind in Refusal.by_reason.values():
        portuguese, english = kind.texts["pt-BR"], kind.texts["en"]
        same = set(PLACEHOLDER.findall(portuguese)) == set(PLACEHOLDER.findall(english))
        if not (same and portuguese.endswith(".") and english.endswith(".") and portuguese != english):
            odd.append(kind.reason)
    assert not odd, "\n".join(odd)
    assert Refusal.by_reason


def refused_in(path: Path) -> Iterator[tuple[int, type[Refusal], set[str]]]:
    """The refusals that a module raises, by line, with the names of their facts."""
    known = {f"eventhub.refusals.{kind.__name__}": kind for kind in Refusal.by_reason.values()}
    for node in sources.nodes(path):
        if not isinstance(node, ast.Call | ast.Raise):
            continue
        made = node.func if isinstance(node, ast.Call) else node.exc
        first, *rest = sources.dotted(made).split(".") if made is not None else [""]
        kind = known.get(".".join([sources.aliases(path).get(first, first), *rest]))
        if kind is not None:
            given = node.keywords if isinstance(node, ast.Call) else []
            yield node.lineno, kind, {name.arg or "" for name in given}


def test_every_reason_is_given_somewhere() -> None:
    raised, failures = set(), set()
    for path in sources.python_in("services"):
        raised |= {kind.reason for _, kind, _ in refused_in(path)}
        if path.parent.name == "orders":
            failures |= {text for _, text in sources.texts(path)}

    assert Refusal.by_reason.keys() - raised == {"PAYMENT_DECLINED", "PAYMENT_TIMED_OUT", "ORDER_CANCELLED"}
    assert Refusal.by_reason.keys() - raised <= failures, "they are what an order fails of"


def test_a_refusal_is_told_every_value_that_its_words_show() -> None:
    told = [(path, *made) for path in sources.python_in("services") for made in refused_in(path)]
    odd = []
    for path, line, kind, given in told:
        shown = set(PLACEHOLDER.findall(kind.texts["en"])) - {"problems"}
        shown |= {"currency"} if any(name.endswith("_minor") for name in shown) else set()
        missing = {"retry_after_s" if name == "retry_after" else name for name in shown} - given
        if missing:
            odd.append(f"{sources.where(path, line)} {kind.__name__} without {', '.join(sorted(missing))}")
    assert not odd, "\n".join(odd)
    assert any(kind is SeatTaken for _, _, kind, _ in told)
