"""Finds the prose of the sources: comments, docstrings and documents, folder by folder."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.sources import ROOT, nodes

# Constructions that readers have to parse twice: a clause for a noun, an unnamed actor, and `where` for a condition.
TWICE_READ = {
    "what is": re.compile(
        r"\bwhat(?:ever)? (?:is|was|are|were|has|have|had|comes?|can|could|must|may|will|would|does|did|happens?"
        r"|follows?|belongs?|needs?|waits?|takes?|says?|makes?|nothing|nobody|others?|gets?|serves?|counts?|matters?"
        r"|reads?)\b",
        re.IGNORECASE,
    ),
    "unnamed actors": re.compile(r"\b(?:nobody|somebody|whoever|whomever|everybody)\b", re.IGNORECASE),
    "where": re.compile(r"\bwhere\b", re.IGNORECASE),
}
SHORT_DOCSTRING_WORDS = 3

TOP_FOLDERS = ("services", "protos", "clients", "scripts", "examples", "tests", "deploy", "docs")
SPLIT_FOLDERS = ("services", "tests", "docs")  # their sub-folders are counted one by one
KINDS = (".py", ".proto", ".sql", ".yaml", ".md")
COMMENT_MARKS = {".proto": "//", ".sql": "--", ".yaml": "# "}
GENERATED_PARTS = ("validate", "node_modules", "target", "dist", "build", "__pycache__")

CODE_BLOCK = re.compile(r"^( *)```.*?^\1```$", re.DOTALL | re.MULTILINE)
CODE_SPAN = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True)
class Folder:
    """The prose of a folder: its number of words, and the constructions by kind, each as "file: words"."""

    words: int
    found: dict[str, list[str]]

    def per_thousand(self, *kinds: str) -> float:
        """The number of constructions of these kinds in 1,000 words."""
        return 1000 * sum(len(self.found[kind]) for kind in kinds) / self.words if self.words else 0.0


def by_folder() -> dict[str, list[Path]]:
    """The files that are written by hand, by folder: services/orders, protos, docs. The folder "." has the documents at
    the top."""
    folders = defaultdict(list, {".": sorted(ROOT.glob("*.md"))})
    for top in TOP_FOLDERS:
        for path in sorted((ROOT / top).rglob("*")):
            parts = path.relative_to(ROOT).parts
            if path.suffix in KINDS and "_pb2" not in path.name and not set(parts) & set(GENERATED_PARTS):
                below = parts[:2] if top in SPLIT_FOLDERS and len(parts) > 2 else parts[:1]
                folders["/".join(below)].append(path)
    return dict(folders)


def prose(path: Path) -> Iterator[str]:
    """The comments and docstrings of a source, or the text of a document, without code."""
    text = path.read_text()
    if path.suffix == ".md":
        yield CODE_SPAN.sub("", CODE_BLOCK.sub("", text))
    elif path.suffix == ".py":
        yield from (CODE_SPAN.sub("", docstring) for _, docstring in docstrings(path))
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        yield from (CODE_SPAN.sub("", token.string) for token in tokens if token.type == tokenize.COMMENT)
    else:
        mark = COMMENT_MARKS[path.suffix]
        yield from (line.split(mark, 1)[1] for line in text.splitlines() if mark in line)


@cache
def docstrings(path: Path) -> tuple[tuple[int, str], ...]:
    """The docstrings of a module, by line."""
    documented = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    found = [(node, ast.get_docstring(node)) for node in nodes(path) if isinstance(node, documented)]
    return tuple((getattr(node, "lineno", 1), docstring) for node, docstring in found if docstring)


def counted(files: list[Path]) -> Folder:
    """Counts the prose of files."""
    words, found = 0, {kind: list[str]() for kind in TWICE_READ}
    for path in files:
        for text in prose(path):
            words += len(text.split())
            for kind, pattern in TWICE_READ.items():
                found[kind] += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in pattern.finditer(text)]
    return Folder(words, found)


def short_docstrings(files: list[Path]) -> tuple[list[str], int]:
    """The docstrings of three words or fewer, each as "file:line docstring", and the number of all docstrings."""
    everything = [(path, *found) for path in files if path.suffix == ".py" for found in docstrings(path)]
    short = [
        f"{path.relative_to(ROOT)}:{line} {docstring}"
        for path, line, docstring in everything
        if len(docstring.split()) <= SHORT_DOCSTRING_WORDS
    ]
    return short, len(everything)
