"""Rules for imports: between contexts, between the wings of the kit, and from pure decisions to the outside. A rule has
no list of exceptions; code that breaks it is moved."""

import ast
import re
import sys
from collections.abc import Callable
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

from eventhub import contract
from tests import sources
from tests.sources import ROOT, SERVICES, where, within

SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE TABLE|ON CONFLICT)\b")
SQL_ROOMS = re.compile(r"(.+_)?(store|transactions)(_.+)?\.py")

# The kit's wings, ground floor first: a wing may import those before it, and none after it.
WINGS = ("values", "language", "observe", "db", "work", "rpc", "feeds", "process")
FLOORS_MAX = 6

# Modules that pure decisions must not import: those that wait, use the wire or the database.
IMPURE = (
    *("asyncio", "threading", "socket", "grpc", "apsw", "sqlite3", "asyncpg", "uvicorn", "aiosmtplib"),
    *("services.kit.db", "services.kit.rpc", "services.kit.feeds", "services.kit.process"),
    *("services.kit.work.runner", "services.kit.work.answers"),
)
OUTER_ROOMS = ("servicer", "mesh", "store", "transactions", "wiring")


def normal(name: str) -> str:
    """A distribution's name in the normal form of package indexes."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> set[str]:
    """The distributions that the platform may import: those in requirements.in, each with an exact version."""
    return named_in("requirements.in")


def named_in(requirements: str) -> set[str]:
    """The distributions in a requirements file."""
    lines = (ROOT / requirements).read_text().splitlines()
    return {normal(line.split("==")[0]) for line in lines if "==" in line}


def allowed_in(path: Path) -> Callable[[str], bool]:
    """Returns a check for the modules of ours that a module of services may import."""
    folder = path.relative_to(SERVICES).parts[0]
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


def test_the_kit_has_no_arrow_back_up() -> None:
    odd = arrows_back_up()
    assert not odd, "\n".join(odd)


def arrows_back_up() -> list[str]:
    """The imports of the kit that lead from a wing to a later one."""
    odd = []
    for path in sources.python_in("services/kit"):
        floor = WINGS.index(path.relative_to(SERVICES / "kit").parts[0]) if path.parent != SERVICES / "kit" else 0
        for line, name in sources.imports(path):
            if within(name, *(f"services.kit.{above}" for above in WINGS[floor + 1 :])):
                odd.append(f"{where(path, line)} imports {name}")
    return odd


def test_the_kit_has_few_floors() -> None:
    assert max(sources.kit_floors().values()) <= FLOORS_MAX


def test_no_module_imports_itself_by_way_of_others() -> None:
    modules = [path for folder in ("services", "scripts", "tests") for path in sources.python_in(folder)]
    imported = {sources.module_name(path): {name for _, name in sources.imports(path)} for path in modules}
    order = TopologicalSorter(imported).static_order()
    assert set(imported) <= set(order)  # making the order fails on a circle, and names it


def test_a_wing_is_entered_by_its_face() -> None:
    faces = {f"services.kit.{wing}": public_names(SERVICES / "kit" / wing / "__init__.py") for wing in WINGS}
    odd = [
        f"{where(path, line)} imports {name}"
        for path in sources.python_in("services")
        if not path.is_relative_to(SERVICES / "kit")
        for line, name in sources.names(path)
        if within(name, "services.kit") and name.rpartition(".")[2] not in faces.get(name.rpartition(".")[0], ())
    ]
    assert not odd, "\n".join(odd)


def public_names(face: Path) -> set[str]:
    """The names in a package's __all__."""
    lists = [
        node.value for node in sources.nodes(face) if isinstance(node, ast.Assign) and isinstance(node.value, ast.List)
    ]
    return {str(name.value) for node in lists for name in node.elts if isinstance(name, ast.Constant)}


def test_an_extra_is_imported_in_its_own_room_alone() -> None:
    owners, extra = packages_distributions(), named_in("requirements-otel.in") - pinned()
    rooms = {
        path.name
        for path in (*sources.python_in("services"), *sources.clients(), *sources.python_in("scripts"))
        for _, name in sources.imports(path)
        if extra & {normal(owner) for owner in owners.get(name.split(".")[0], ())}
    }
    assert rooms == {"spans.py"}


def test_clients_know_no_service() -> None:
    odd = [
        f"{where(path, line)} imports {name}"
        for path in sources.clients()
        for line, name in sources.imports(path)
        if within(name, "services", "tests", "scripts") or name.startswith(".")
    ]
    assert not odd, "\n".join(odd)


def is_pure(path: Path) -> bool:
    """Whether a module only decides: it has no coroutine and imports no message type."""
    waits = any(isinstance(node, ast.AsyncFunctionDef) for node in sources.nodes(path))
    return not waits and not any(name.endswith(("_pb2", "_pb2_grpc")) for _, name in sources.names(path))


def test_decisions_neither_wait_nor_reach_out() -> None:
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


def test_every_module_is_used() -> None:
    production = (*sources.python_in("services"), *sources.python_in("scripts"))
    imported = {name for path in production for _, name in sources.imports(path)}
    imported |= {f"services.{context}.wiring" for context in contract.contexts()}  # found by these names
    unused = [
        where(path)
        for path in sources.python_in("services")
        if path.name != "__init__.py"
        and sources.module_name(path) not in imported
        and not any(name == "__name__" for _, name in sources.uses(path))  # run, not imported
    ]
    assert not unused, "\n".join(unused)
