"""The house rules: what lives in which room, and how large a room may be. A rule has no list of exceptions; code that
breaks it is moved."""

import ast
import re
import sys
from collections.abc import Callable
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from eventhub import contract
from eventhub.common.v1.error_reason_pb2 import ErrorReason
from eventhub.common.v1.options_pb2 import refusal
from eventhub.refusal import Refusal
from tests import sources
from tests.sources import CLIENTS, PROTOS, ROOT, SERVICES, where

FUNCTION_LINES_MAX = 40
MODULE_LINES_MAX = 300
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE TABLE|ON CONFLICT)\b")
SQL_ROOMS = re.compile(r"(.+_)?(store|transactions)(_.+)?\.py")
MARKERS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
INDEX = re.compile(r"https?://|\bpypi\.|--(extra-)?index-url|--find-links|^-[if]\b", re.MULTILINE)

# What only one room does; everybody else is handed the result. Scripts are rooms of their own.
ROOMS = {
    "services/kit/clock.py": (
        "time.sleep",
        "time.time",
        "time.time_ns",
        "datetime.date.today",
        "datetime.datetime.now",
        "datetime.datetime.today",
        "datetime.datetime.utcnow",
    ),
    "services/kit/ids.py": ("random", "uuid.uuid1", "uuid.uuid4"),
    "services/kit/config.py": ("os.environ", "os.getenv"),
}

# Where whole programs are started and stopped: they hand on an environment.
WHOLE_PROGRAMS = ("scripts", "tests/mesh", "tests/deploy", "tests/clients")

# What decisions never touch: waiting, the wire, the database.
IMPURE = (
    *("asyncio", "threading", "socket", "grpc", "apsw", "sqlite3", "asyncpg", "uvicorn", "aiosmtplib"),
    *(
        "services.kit.db",
        "services.kit.sqlite",
        "services.kit.postgres",
        "services.kit.host",
        "services.kit.call",
        "services.kit.feed",
    ),
    *("services.kit.local", "services.kit.rpc", "services.kit.runner", "services.kit.server", "services.kit.watch"),
)
OUTER_ROOMS = ("servicer", "mesh", "store", "transactions", "wiring")


def within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of these or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def normal(name: str) -> str:
    """A distribution's name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> set[str]:
    """What the platform itself may import from others: requirements.in, whose every line names an exact version."""
    return named_in("requirements.in")


def named_in(requirements: str) -> set[str]:
    """The distributions that a file of requirements names."""
    lines = (ROOT / requirements).read_text().splitlines()
    return {normal(line.split("==")[0]) for line in lines if "==" in line}


def allowed_in(path: Path) -> Callable[[str], bool]:
    """Which of our own modules a module of services may import."""
    folder = path.relative_to(SERVICES).parts[0]
    if folder == "up.py":
        return lambda name: within(name, "services.kit") or bool(re.fullmatch(r"services\.\w+\.wiring", name))
    if folder == "keys.py":
        return lambda name: within(name, "services.kit") or bool(re.fullmatch(r"services\.\w+\.keys", name))
    return lambda name: within(name, "services.kit", f"services.{folder}")


def test_a_context_imports_itself_the_kit_and_the_contract() -> None:
    owners, known, odd = packages_distributions(), pinned() | named_in("requirements-otel.in"), []
    for path in sources.python_in("services"):
        ours = allowed_in(path)
        for line, name in sources.imports(path):
            top = name.split(".")[0]
            outside = top in sys.stdlib_module_names or any(normal(owner) in known for owner in owners.get(top, ()))
            if not (within(name, "eventhub") or outside or ours(name)):
                odd.append(f"{where(path, line)} imports {name}")
    assert not odd, "\n".join(odd)


def test_an_extra_is_imported_in_its_own_room_alone() -> None:
    owners, extra = packages_distributions(), named_in("requirements-otel.in") - pinned()
    rooms = {
        path.name
        for path in (*sources.python_in("services"), *sources.clients(), *sources.python_in("scripts"))
        for _, name in sources.imports(path)
        if extra & {normal(owner) for owner in owners.get(name.split(".")[0], ())}
    }
    assert rooms == {"spans.py"}


def test_no_module_imports_itself_by_way_of_others() -> None:
    modules = [path for folder in ("services", "scripts", "tests") for path in sources.python_in(folder)]
    imported = {sources.module_name(path): {name for _, name in sources.imports(path)} for path in modules}
    order = TopologicalSorter(imported).static_order()
    assert set(imported) <= set(order)  # making the order fails on a circle, and names it


def test_clients_know_no_service() -> None:
    odd = [
        f"{where(path, line)} imports {name}"
        for path in sources.clients()
        for line, name in sources.imports(path)
        if within(name, "services", "tests", "scripts") or name.startswith(".")
    ]
    assert not odd, "\n".join(odd)


def test_functions_and_modules_are_short() -> None:
    long = []
    for path in sources.written():
        lines = len(path.read_text().splitlines())
        if lines > MODULE_LINES_MAX:
            long.append(f"{where(path)} has {lines} lines")
        for node in sources.nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long.append(f"{where(path, node.lineno)} {node.name} has {lines} lines")
    assert not long, "\n".join(long)


def test_nothing_is_mocked() -> None:
    odd = [
        f"{where(path, line)} uses {name}"
        for path in sources.written()
        for line, name in (*sources.imports(path), *sources.uses(path))
        if within(name, "unittest.mock", "mock", "pytest_mock")
    ]
    assert not odd, "\n".join(odd)


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


def is_pure(path: Path) -> bool:
    """Whether a module only decides: nothing in it waits, and it does not know the wire."""
    waits = any(isinstance(node, ast.AsyncFunctionDef) for node in sources.nodes(path))
    return not waits and not any(name.endswith(("_pb2", "_pb2_grpc")) for _, name in sources.names(path))


def test_what_decides_neither_waits_nor_reaches_out() -> None:
    modules = [path for folder in sources.contexts() for path in sorted(folder.rglob("*.py")) if is_pure(path)]
    odd = [
        f"{where(path, line)} imports {name}"
        for path in modules
        if path.name != "__init__.py"
        for line, name in sources.imports(path)
        if within(name, *IMPURE) or name.rpartition(".")[2] in OUTER_ROOMS
    ]
    assert not odd, "\n".join(odd)
    assert SERVICES / "reporting" / "sales.py" in modules


def test_sql_stays_in_the_stores() -> None:
    odd = [
        f"{where(path, line)} {' '.join(text.split())[:60]}"
        for folder in sources.contexts()
        for path in sorted(folder.rglob("*.py"))
        if not SQL_ROOMS.fullmatch(path.name)
        for line, text in sources.texts(path)
        if SQL.search(text)
    ]
    assert not odd, "\n".join(odd)


def test_only_one_place_ends_a_call_with_a_status() -> None:
    odd = [
        where(path, node.lineno)
        for path in sources.python_in("services")
        if path != SERVICES / "kit" / "ending.py"
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
    assert set(named) >= {rpc.context for rpc in contract.by_path().values()}


def test_every_reason_is_a_refusal_and_every_refusal_a_reason() -> None:
    reasons = {
        value.name.removeprefix("ERROR_REASON_"): value.GetOptions().Extensions[refusal].code
        for value in ErrorReason.DESCRIPTOR.values
        if value.number
    }
    assert {kind.reason: kind.code for kind in Refusal.by_reason.values()} == reasons
    assert all(reasons.values())


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


def test_every_module_is_used() -> None:
    production = (*sources.python_in("services"), *sources.python_in("scripts"))
    imported = {name for path in production for _, name in sources.imports(path)}
    unused = [
        where(path)
        for path in sources.python_in("services")
        if path.name != "__init__.py"
        and sources.module_name(path) not in imported
        and not any(name == "__name__" for _, name in sources.uses(path))  # run, not imported
    ]
    assert not unused, "\n".join(unused)


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
