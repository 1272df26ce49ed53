"""Reads what contexts say about themselves, for the scripts that write deploy/."""

from importlib import import_module

from services.kit.values import Extras


def extras_of(context: str) -> Extras:
    """Returns the needs that a context states in its __init__.py; none if it states none."""
    stated: Extras = getattr(import_module(f"services.{context}"), "EXTRAS", Extras())
    return stated
