"""A context that needs more than others states it in its __init__.py, and it is true."""

import re

from scripts import compose
from scripts.extras import extras_of
from services.up import wirings
from tests.deploy.rendered import CONTEXTS, DEPLOY, KEYED
from tests.sources import SERVICES
from tests.stage import Stage


async def test_the_paths_of_a_context_are_those_of_its_routes(stage: Stage) -> None:
    contexts = [await stage.add(wiring.build) for wiring in wirings()]

    assert [context.name for context in contexts] == list(CONTEXTS)
    for context in contexts:
        assert set(extras_of(context.name).paths) == {route.below for route in context.routes}, context.name


def test_contexts_that_read_keys_state_it() -> None:
    assert {context for context in CONTEXTS if extras_of(context).keys} == KEYED


def test_contexts_that_read_from_replicas_state_it() -> None:
    calling = re.compile(r"\.read_behind(_long)?\b")
    behind = {
        context
        for context in CONTEXTS
        if any(calling.search(path.read_text()) for path in (SERVICES / context).rglob("*.py"))
    }
    assert {context for context in CONTEXTS if extras_of(context).reads_behind} == behind


def test_ports_in_compose_stay_and_a_new_context_gets_the_next_one() -> None:
    text = (DEPLOY / compose.COMPOSE).read_text()
    before = compose.ports_of(text)
    highest = max(port for ports in before.values() for port in ports if port.endswith(":7070"))
    address, port, inner = highest.split(":")
    without = text.replace("\n  catalog:\n", "\n  former:\n")

    after = compose.ports_of(without)

    assert after == {**before, "catalog": [f"{address}:{int(port) + 1}:{inner}"]}
    assert compose.composed(text) == text
