"""The house rules: the only module that may do a thing, the size of functions and modules, and retired words. A rule
has no list of exceptions; code that breaks it is moved."""

import ast
import re
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.rpc import code_pb2

from eventhub import contract
from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.common.v1.options_pb2 import refusal
from eventhub.refusal import Refusal, TransientRefusal
from tests import identifiers, sources
from tests.sources import CLIENTS, PROTOS, ROOT, SERVICES, where, within

FUNCTION_LINES_MAX = 40
MODULE_LINES_MAX = 300
# From so many fields on, values are made with the names of their fields.
FIELDS_BY_NAME = 5
MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
INDEX = re.compile(r"https?://|\bpypi\.|--(extra-)?index-url|--find-links|^-[if]\b", re.MULTILINE)

# Names that only one module may use; other modules get the results as arguments. Scripts are excepted.
ROOMS = {
    "services/kit/values/clock.py": (
        "time.sleep",
        "time.time",
        "time.time_ns",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
    ),
    "services/kit/values/ids.py": ("random", "uuid.uuid1", "uuid.uuid4"),
    "services/kit/values/config.py": ("os.environ", "os.getenv"),
}

# Statuses that say something about the servers and nothing about a request.
OF_THE_MOMENT = {code_pb2.UNAVAILABLE, code_pb2.DEADLINE_EXCEEDED, code_pb2.INTERNAL}
# Former names, each with the word that replaced it. They are refused as whole names of modules, classes, functions,
# parameters, attributes, messages, fields, tables and columns.
RETIRED = {
    # one person, and one session
    "holder_id": "buyer_id",
    "owner_id": "buyer_id",
    "held_by": "buyer_id",
    "recipient_id": "buyer_id",
    "bought_by": "session_id",
    # the kit
    "Duty": "Replica",
    "Leader": "Replica",
    "Ear": "Listener",
    "Ears": "Listeners",
    "Turns": "Slots",
    "Pulse": "QueueProbe",
    "Queueing": "QueueDelay",
    "Site": "HttpServer",
    "Door": "Router",
    "UnderWay": "CallScope",
    "Remembered": "Answers",
    "TtlCache": "Answers",
    "Inward": "MeshChannel",
    "Stamper": "Positioner",
    "Told": "DecodedFact",
    "say_often": "info_fast",
    "reshape": "migrate",
    "beats": "watch_topic",
    "take_turn": "serialize_on",
    # the contexts
    "Kept": "StoredPlan",
    "Owners": "HoldOwners",
    "Taking": "Claims",
    "Ahead": "UnpositionedChanges",
    "turn_hold": "set_hold_state",
    "turn_seat": "set_seat_state",
    "UnknownCodes": "GuessLimiter",
    "event_stock": "event_sale",
    "Purchase": "Order",
    "Teller": "PaymentWorker",
    "teller": "payment_worker",
    "hurry": "make_due",
    "Doorman": "Authenticator",
    "doorman": "authenticator",
    "door": "signin",
    "carry": "advance",
    "cause": "payload",
    "occasion": "dedup_key",
    "open_letter": "public_text",
}

# Folders that start whole programs, which need an environment.
WHOLE_PROGRAMS = ("scripts", "tests/mesh", "tests/deploy", "tests/clients")

FAKES = ROOT / "tests" / "fakes"
MESH_STUB = re.compile(r"\b(\w+)MeshStub\(")


def test_functions_and_modules_are_short() -> None:
    long = [f"{place} has {lines} lines" for place, lines in module_lines() if lines > MODULE_LINES_MAX]
    long += [f"{place} has {lines} lines" for place, lines in function_lines() if lines > FUNCTION_LINES_MAX]
    assert not long, "\n".join(long)


def module_lines() -> list[tuple[str, int]]:
    """Each module with its number of lines."""
    return [(where(path), len(path.read_text().splitlines())) for path in sources.written()]


def function_lines() -> list[tuple[str, int]]:
    """Each function with its number of lines."""
    return [
        (f"{where(path, node.lineno)} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for path in sources.written()
        for node in sources.nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_values_of_five_fields_are_made_by_name() -> None:
    odd = [
        f"{where(path, node.lineno)} {node.name}"
        for path in sources.written()
        for node in sources.nodes(path)
        if isinstance(node, ast.ClassDef)
        for decorator in map(ast.unparse, node.decorator_list)
        if decorator.split("(")[0] == "dataclass" and "kw_only=True" not in decorator
        if sum(isinstance(line, ast.AnnAssign) for line in node.body) >= FIELDS_BY_NAME
    ]
    assert not odd, "\n".join(odd)


def test_nothing_is_mocked() -> None:
    odd = [
        f"{where(path, line)} uses {name}"
        for path in sources.written()
        for line, name in (*sources.imports(path), *sources.uses(path))
        if within(name, "unittest.mock", "mock", "pytest_mock")
    ]
    assert not odd, "\n".join(odd)


def test_each_fake_is_held_to_the_context_it_replaces() -> None:
    """A class outside the kit's tests that serves an RPC of another context is a fake. Its suite runs on both. The
    context in tests/data is a real one."""
    internal = [service for service in contract.services() if service.name.endswith("Mesh")]
    rpcs = {method.name for service in internal for method in contract.methods(service)}
    fakes, odd = set(), []
    for path in sources.python_in("tests"):
        if path.is_relative_to(ROOT / "tests" / "kit") or path.is_relative_to(ROOT / "tests" / "data"):
            continue
        for node in sources.nodes(path):
            if isinstance(node, ast.ClassDef) and rpcs & functions_of(node):
                fakes.add(node.name)
                if path.parent != FAKES:
                    odd.append(f"{where(path, node.lineno)} {node.name} stands outside tests/fakes")
                elif not has_suite(path):
                    odd.append(f"{where(path, node.lineno)} {node.name} has no suite for real and fake")
    assert not odd, "\n".join(odd)
    called = {stub for path in sources.python_in("services") for stub in MESH_STUB.findall(path.read_text())}
    assert called
    assert fakes >= {f"Fake{context}" for context in called}, "every context that others call has a fake"


def has_suite(fake: Path) -> bool:
    """Whether the tests of a module in tests/fakes open both the real context and the fake."""
    suite = fake.with_name(f"test_{fake.name}")
    return suite.exists() and {"real", "fake"} <= functions_of(sources.tree(suite))


def functions_of(node: ast.ClassDef | ast.Module) -> set[str]:
    """The names of the coroutine functions of a class or module."""
    return {each.name for each in node.body if isinstance(each, ast.AsyncFunctionDef)}


@pytest.mark.parametrize("room", ROOMS)
def test_time_chance_and_environment_have_one_room_each(room: str) -> None:
    odd = [
        f"{where(path, line)} uses {name}"
        for path in sources.written()
        if path != ROOT / room and not any(path.is_relative_to(ROOT / programs) for programs in WHOLE_PROGRAMS)
        for line, name in (*sources.imports(path), *sources.uses(path))
        if within(name, *ROOMS[room])
    ]
    assert not odd, "\n".join(odd)


def test_only_one_place_ends_a_call_with_a_status() -> None:
    odd = [
        where(path, node.lineno)
        for path in sources.python_in("services")
        if path != SERVICES / "kit" / "rpc" / "ending.py"
        for node in sources.nodes(path)
        if isinstance(node, ast.Attribute) and node.attr in ("abort", "abort_with_status", "set_code")
        if not ast.unparse(node.value).endswith("transport")  # a connection, not a call
    ]
    assert not odd, "\n".join(odd)


def test_every_rpc_has_rules_and_says_what_it_does() -> None:
    image = FileDescriptorSet.FromString((CLIENTS / "eventhub" / "eventhub.binpb").read_bytes())
    silent, rpcs = [], set()
    for file in image.file:
        comments = {tuple(at.path): at.leading_comments.strip() for at in file.source_code_info.location}
        for i, service in enumerate(file.service):
            for j, rpc in enumerate(service.method):
                path = f"/{file.package}.{service.name}/{rpc.name}"
                rpcs.add(path)
                if not comments.get((6, i, 2, j)):
                    silent.append(path)
    assert not silent, "\n".join(silent)
    assert rpcs == set(contract.by_path())  # reading it refuses an RPC without rules


def test_every_context_says_what_it_owns() -> None:
    named = {
        folder.name: ast.get_docstring(sources.tree(folder / "__init__.py")) or "" for folder in sources.contexts()
    }
    assert [name for name, says in named.items() if name not in says] == []
    assert set(named) >= set(contract.contexts())


def test_every_reason_is_a_refusal_and_every_refusal_a_reason() -> None:
    reasons = {
        value.name.removeprefix("ERROR_REASON_"): value.GetOptions().Extensions[refusal].code
        for value in ErrorReason.DESCRIPTOR.values
        if value.number
    }
    assert {kind.reason: kind.code for kind in Refusal.by_reason.values()} == reasons
    assert all(reasons.values())


def test_a_refusal_is_transient_if_the_contract_says_so_and_only_for_a_reason_of_the_moment() -> None:
    transient = {
        value.name.removeprefix("ERROR_REASON_")
        for value in ErrorReason.DESCRIPTOR.values
        if value.GetOptions().Extensions[refusal].transient
    }
    kinds = Refusal.by_reason.values()
    assert {kind.reason for kind in kinds if issubclass(kind, TransientRefusal)} == transient
    assert {kind.reason for kind in kinds if kind.code in OF_THE_MOMENT} <= transient
    # RESOURCE_EXHAUSTED stands for a rush, and also for places that are sold out.
    codes = {kind.code for kind in kinds if kind.reason in transient}
    assert codes == {*OF_THE_MOMENT, code_pb2.RESOURCE_EXHAUSTED}


def test_nothing_is_left_for_later() -> None:
    files = [
        *sources.written(),
        *PROTOS.rglob("*.proto"),
        *SERVICES.rglob("*.sql"),
        *(path for path in (ROOT / "scripts").iterdir() if path.is_file()),
        *ROOT.glob("*.md"),
        *SERVICES.rglob("*.md"),
        *(path for path in (ROOT / "deploy").rglob("*") if path.is_file()),
    ]
    odd = [
        f"{where(path, n)} {line.strip()}"
        for path in files
        for n, line in enumerate(path.read_text().splitlines(), start=1)
        if MARKERS.search(line)
    ]
    assert not odd, "\n".join(odd)


def test_retired_words_are_not_used_again() -> None:
    odd = [f"{where(path, line)} {name} is called {RETIRED[name]} now" for path, line, name in retired()]
    assert not odd, "\n".join(odd)


def retired() -> list[tuple[Path, int, str]]:
    """The retired names that are in use, with file and line."""
    return sorted({found for found in identifiers.everywhere() if found[2] in RETIRED})


def test_packages_come_from_whatever_index_pip_is_set_to() -> None:
    locked = sorted(ROOT.glob("requirements*"))
    odd = [path.name for path in locked if INDEX.search(path.read_text())]
    assert not odd, "\n".join(odd)
    assert {path.name for path in locked} >= {"requirements.txt", "requirements-dev.txt"}
    assert not (ROOT / "uv.lock").exists()


def test_the_readme_names_every_script() -> None:
    readme = (ROOT / "README.md").read_text()
    scripts = [path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and path.stat().st_mode & 0o100]
    unnamed = [name for name in sorted(scripts) if f"`{name}`" not in readme and f"scripts/{name}" not in readme]
    assert not unnamed, "\n".join(unnamed)
    assert scripts
