"""Finds the names in the sources: of modules, classes, functions, parameters and attributes, and of messages, fields,
tables and columns."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests import sources
from tests.sources import PROTOS, ROOT, SERVICES

NAME = re.compile(r"\b[A-Za-z_]\w*\b")
COMMENT = re.compile(r"(//|--).*")
# Columns that a later migration renames or drops. Migrations themselves never change.
REMOVED = re.compile(r"\b(?:RENAME|DROP) COLUMN (\w+)")
TEXT = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")


def everywhere() -> Iterator[tuple[Path, int, str]]:
    """The names in all files that are written by hand, with file and line. A module's own name has line 1."""
    for path in (*sources.written(), *sources.python_in("examples")):
        yield from ((path, 1, part) for part in path.relative_to(ROOT).with_suffix("").parts)
        yield from ((path, line, name) for line, name in in_python(path))
    for path in sorted(PROTOS.rglob("eventhub/**/*.proto")):
        yield from ((path, line, name) for line, name in in_text(path))
    for folder in sorted({path.parent for path in SERVICES.rglob("*.sql")}):
        migrations = sorted(folder.glob("*.sql"))
        gone = {name for path in migrations for name in REMOVED.findall(path.read_text())}
        yield from ((path, n, name) for path in migrations for n, name in in_text(path) if name not in gone)


def in_text(path: Path) -> Iterator[tuple[int, str]]:
    """The words of a contract or schema file, by line, without comments and literals."""
    for n, line in enumerate(path.read_text().splitlines(), start=1):
        yield from ((n, name) for name in NAME.findall(COMMENT.sub("", TEXT.sub("", line))))


def in_python(path: Path) -> Iterator[tuple[int, str]]:
    """The names that a module defines or uses, by line."""
    for node in sources.nodes(path):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield node.lineno, name
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.keyword(arg=str(name)):
                yield node.lineno, name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                of = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                parts = [*of, *(alias.name for alias in aliases), *(alias.asname or "" for alias in aliases)]
                for part in ".".join(parts).split("."):
                    yield node.lineno, part
