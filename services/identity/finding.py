"""How a clerk's words find a customer. Decisions only."""

import re

from services.kit.values import folded

WORD = re.compile(r"\w+")


def is_email(text: str) -> bool:
    """Whether a clerk has typed an e-mail rather than a name."""
    return "@" in text


def matches(text: str, name: str) -> bool:
    """Whether each word of a text begins a word of a name of its own, whatever the case and accents: "jo silva" finds
    João da Silva."""
    wanted, left = sorted(WORD.findall(folded(text)), key=len, reverse=True), WORD.findall(folded(name))
    for beginning in wanted:
        found = next((word for word in left if word.startswith(beginning)), None)
        if found is None:
            return False
        left.remove(found)
    return bool(wanted)
