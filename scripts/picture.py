"""Draws the contract's call graph into services/README.md: python scripts/picture.py."""

import re
from pathlib import Path

from eventhub import contract
from eventhub.contract import Link

README = Path(__file__).resolve().parent.parent / "services" / "README.md"
PLACE = re.compile(
    r"(?<=<!-- the call graph, drawn by scripts/gen -->\n).*?(?=<!-- end of the call graph -->)", re.DOTALL
)

ARROWS = {Link.ANSWERS: "-->", Link.FACTS: "-. facts .->", Link.TOKENS: "-- tokens -->"}


def picture() -> str:
    """Returns the call graph as Mermaid. A solid line is a call whose answer the caller needs, a dotted line a feed of
    facts. The kit's questions for keys and revocations are drawn only if no other line joins the two contexts."""
    drawn = [f"    {caller} {ARROWS[link]} {callee}" for (caller, callee), link in sorted(contract.links().items())]
    return "\n".join(["```mermaid", "graph LR", *drawn, "```", ""])


def main() -> None:
    """Replaces the drawing in the README."""
    README.write_text(PLACE.sub(lambda _: picture(), README.read_text()))


if __name__ == "__main__":
    main()
