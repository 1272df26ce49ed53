"""The list of all settings for --help, from the comments in config.py."""

import inspect
from dataclasses import fields
from textwrap import wrap

from services.kit.values.config import PREFIX, Settings

INDENT = "      "
COLUMNS_MAX = 100


def reference() -> str:
    """Lists every setting with its default and its comment, for --help."""
    about, lines = explanations(), ["Settings, from the environment:"]
    for field in fields(Settings):
        lines.append(f"  {PREFIX}{field.name.upper()}={field.default}")
        lines += wrap(about[field.name], COLUMNS_MAX, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join(lines)


def explanations() -> dict[str, str]:
    """The comment above each field of Settings, in one line."""
    found, comment = dict[str, str](), list[str]()
    for line in map(str.strip, inspect.getsource(Settings).splitlines()):
        if line.startswith("# "):
            comment.append(line.removeprefix("# "))
            continue
        if comment:
            found[line.partition(":")[0]] = " ".join(comment)
        comment = []
    return found
