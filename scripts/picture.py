"""Draws the contract's call graph into services/README.md: python scripts/picture.py."""

import re
from pathlib import Path

from eventhub import contract

README = Path(__file__).resolve().parent.parent / "services" / "README.md"
PLACE = re.compile(
    r"(?<=<!-- the call graph, drawn by scripts/gen -->\n).*?(?=<!-- end of the call graph -->)", re.DOTALL
)

EDGE = "edge"


def picture() -> str:
    """Returns the call graph as Mermaid. A solid line is a call whose answer the caller needs, a dotted line a feed of
    facts. The kit's questions for keys and revocations are drawn only if no other line joins the two contexts."""
    lines = ["```mermaid", "graph LR"]
    for caller, callee in sorted(contract.edges()):
        names = {
            rpc.name
            for rpc in contract.by_path().values()
            if rpc.context == callee and caller in rpc.rules.callers and EDGE not in rpc.rules.callers
        }
        if names == {"Feed"}:
            lines.append(f"    {caller} -. facts .-> {callee}")
        elif names - {"Feed"}:
            lines.append(f"    {caller} --> {callee}")
        else:
            lines.append(f"    {caller} -- tokens --> {callee}")
    return "\n".join([*lines, "```", ""])


def main() -> None:
    """Replaces the drawing in the README."""
    README.write_text(PLACE.sub(lambda _: picture(), README.read_text()))


if __name__ == "__main__":
    main()
