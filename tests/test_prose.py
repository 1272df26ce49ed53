"""Comments and docstrings are plain English: constructions that readers have to parse twice are rare."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources import ROOT

PER_THOUSAND_MAX = 2.0
# "what is ..." for a noun, an unnamed actor, and "where" for a condition.
TWICE_READ = re.compile(
    r"\bwhat(?:ever)? (?:is|was|are|were|has|have|had|comes?|can|could|must|may|will|would|does|did|happens?|follows?"
    r"|belongs?|needs?|waits?|takes?|says?|makes?|nothing|nobody|others?|gets?|serves?|counts?|matters?|reads?)\b"
    r"|\b(?:nobody|somebody|whoever|whomever|everybody)\b"
    r"|\bwhere\b",
    re.IGNORECASE,
)
FOLDERS = ("services", "protos", "clients", "scripts", "examples")
KINDS = (".py", ".proto", ".sql")
COMMENT = {".proto": "//", ".sql": "--"}


def prose(path: Path) -> Iterator[str]:
    """The comments and docstrings of a file."""
    text = path.read_text()
    if path.suffix != ".py":
        mark = COMMENT[path.suffix]
        yield from (line.split(mark, 1)[1] for line in text.splitlines() if mark in line)
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            yield ast.get_docstring(node) or ""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    yield from (token.string for token in tokens if token.type == tokenize.COMMENT)


def files(folder: str) -> list[Path]:
    """The files of a folder that are written by hand."""
    found = [path for path in (ROOT / folder).rglob("*") if path.suffix in KINDS]
    return [path for path in found if "_pb2" not in path.name and "validate" not in path.parts]


@pytest.mark.parametrize("folder", FOLDERS)
def test_prose_is_read_once(folder: str) -> None:
    words, found = 0, []
    for path in files(folder):
        for text in prose(path):
            words += len(text.split())
            found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in TWICE_READ.finditer(text)]

    assert len(found) <= words * PER_THOUSAND_MAX / 1000, "\n".join(found)
