"""Parses the sources for tests of the house rules, each file once."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVICES, CLIENTS, PROTOS = ROOT / "services", ROOT / "clients", ROOT / "protos"
GENERATED = "Generated from"


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All nodes of a module."""
    return tuple(ast.walk(tree(path)))


@cache
def python_in(folder: str) -> tuple[Path, ...]:
    """The modules of a top-level folder."""
    return tuple(sorted((ROOT / folder).rglob("*.py")))


@cache
def clients() -> tuple[Path, ...]:
    """The modules of the client that are written by hand."""
    found = sorted([*CLIENTS.glob("*.py"), *(CLIENTS / "eventhub").glob("*.py")])
    return tuple(path for path in found if GENERATED not in (ast.get_docstring(tree(path)) or ""))


def written() -> tuple[Path, ...]:
    """All modules that are written by hand."""
    return (*python_in("services"), *python_in("scripts"), *python_in("tests"), *clients())


def contexts() -> list[Path]:
    """The folders of all contexts."""
    return sorted(path.parent for path in SERVICES.glob("*/__init__.py") if path.parent.name != "kit")


def kit_floors() -> dict[str, int]:
    """The floor of each wing of the kit. A wing stands on the floor above the highest wing that it imports; the lowest
    floor is 1. Raises CycleError if wings import each other."""
    below: dict[str, set[str]] = {}
    for path in python_in("services/kit"):
        wing, *modules = path.relative_to(SERVICES / "kit").parts
        if modules:
            used = {
                name.split(".")[2] for _, name in imports(path) if within(name, "services.kit") and name.count(".") > 1
            }
            below[wing] = below.get(wing, set()) | used - {wing}
    floors: dict[str, int] = {}
    for wing in TopologicalSorter(below).static_order():
        floors[wing] = 1 + max((floors[lower] for lower in below[wing]), default=0)
    return floors


def module_name(path: Path) -> str:
    """The dotted name of a module: services.orders.saga for services/orders/saga.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def names(path: Path) -> tuple[tuple[int, str], ...]:
    """All names that a module imports, by line: "from a import b" is a.b. A relative import keeps its dots."""
    found: list[tuple[int, str]] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            found += [(node.lineno, f"{source}.{alias.name}") for alias in node.names]
    return tuple(found)


def imports(path: Path) -> list[tuple[int, str]]:
    """The modules that a module imports, by line. A name imported from a library keeps its full name."""
    return [(line, module_of(name)) for line, name in names(path)]


def module_of(name: str) -> str:
    """The module that contains a name of ours; the name itself if it is a module, or not ours."""
    ours = name.startswith(("services.", "scripts.", "tests."))
    return name.rpartition(".")[0] if ours and not is_module(name) else name


@cache
def is_module(name: str) -> bool:
    """Whether a module or package of ours has this name."""
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").exists() or place.is_dir()


@cache
def aliases(path: Path) -> dict[str, str]:
    """The full names behind the names that a module imports: {"datetime": "datetime.datetime"}."""
    known: dict[str, str] = {}
    for node in nodes(path):
        if isinstance(node, ast.Import):
            known.update({alias.asname: alias.name for alias in node.names if alias.asname})
        elif isinstance(node, ast.ImportFrom) and not node.level:
            known.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return known


@cache
def uses(path: Path) -> tuple[tuple[int, str], ...]:
    """The dotted names a module uses, in full, by line: datetime.datetime.now."""
    known = aliases(path)
    found: list[tuple[int, str]] = []
    for node in nodes(path):
        if isinstance(node, ast.Name | ast.Attribute):
            first, *rest = dotted(node).split(".")
            found.append((node.lineno, ".".join([known.get(first, first), *rest])))
    return tuple(found)


def dotted(node: ast.expr) -> str:
    """A name or attribute as text; "?" for any other expression."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The string literals of a module, by line, without docstrings and other literals that stand alone."""
    alone = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.lineno, node.value


def where(path: Path, line: int = 1) -> str:
    """Formats a place in a file as "path:line"."""
    return f"{path.relative_to(ROOT)}:{line}"


def within(name: str, *packages: str) -> bool:
    """Whether a dotted name is one of these or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)
