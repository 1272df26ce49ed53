"""The table of processes matches the contract."""

import pytest

from eventhub import contract
from scripts.cluster import table
from scripts.cluster.table import NEEDS


def test_every_context_has_a_row_and_needs_the_contexts_it_calls() -> None:
    assert set(NEEDS) == set(contract.contexts())
    assert {(context, need) for context, needs in NEEDS.items() for need in needs} <= contract.edges()


def test_each_context_starts_after_the_ones_it_needs() -> None:
    started: list[str] = []
    for context in table.in_order():
        assert set(NEEDS[context]) <= set(started)
        started.append(context)


def test_replicas_have_separate_ports_and_share_an_address_list() -> None:
    rows = table.table(["orders"], first_port=20_000)
    ports = [port for row in rows for port in (row.ports.public, row.ports.mesh, row.ports.health, row.ports.metrics)]

    assert [row.name for row in rows if row.context == "orders"] == ["orders-1", "orders-2"]
    assert len(ports) == len(set(ports)) == 4 * (len(NEEDS) + 1)
    assert table.public(rows)["orders"].count(",") == 1


def test_an_unknown_context_is_named() -> None:
    with pytest.raises(ValueError, match="payment"):
        table.table(["payment"])
