"""scripts/bench scale: the model of a large on-sale."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml

from eventhub.inventory.v1 import inventory_pb2, inventory_service_pb2
from scripts.measurements import scale
from scripts.measurements.scale import ASSUMED, COUNTED, MEASURED, Inputs
from services.kit.rpc.admission import Most
from services.kit.values.database_url import POOL_MAX
from tests.deploy.rendered import CONTEXTS, DEPLOY
from tests.sources import CLIENTS, ROOT

SMALL = Inputs(people=1_000, places=100, arrive_s=10)
PATIENCE_S = 60
# The first limits as docs/scale.md calls them.
DOCUMENTED = {
    "calls a second: inventory": "calls a second: inventory",
    "holds a second: inventory's primary": "holds a second: inventory's primary",
    "connections: edge": "connections: edge",
    "watches: inventory": "watches of inventory",
}


def test_every_place_is_held_and_paid_once() -> None:
    for room in (False, True):
        seconds = scale.played(SMALL, room=room)
        assert sum(one.held for one in seconds) == pytest.approx(50)
        assert sum(one.paid for one in seconds) == pytest.approx(50)
        assert all(one.held <= scale.hold_bound(SMALL) for one in seconds)
        assert all(one.paid <= scale.order_bound(SMALL) for one in seconds)


def test_the_slower_of_holds_and_orders_decides_when_it_is_sold_out() -> None:
    slow_holds = Inputs(database_hold_rate=100)
    slow_orders = Inputs(purchase_rate=100 / 27)

    assert len(scale.played(slow_holds, room=False)) == 400
    assert len(scale.played(slow_orders, room=False)) == 400


def test_a_waiting_room_keeps_repeats_away_and_sells_as_fast() -> None:
    inputs = Inputs()
    alone, behind = scale.played(inputs, room=False), scale.played(inputs, room=True)

    assert len(alone) == len(behind)
    assert scale.peak(behind, lambda one: one.tried) == scale.hold_bound(inputs)
    assert scale.peak(alone, lambda one: one.tried) > 100 * scale.hold_bound(inputs)
    assert scale.limits(inputs, room=False)[0].times > scale.limits(inputs, room=True)[0].times


def test_a_pooler_makes_connections_independent_of_replicas() -> None:
    many = replace(Inputs(), replicas=30)
    assert scale.connections(many, 1, pooled=False) == 31 * 8
    assert scale.connections(many, 1, pooled=True) == scale.connections(Inputs(), 1, pooled=True) == 40


def test_the_limits_come_with_the_most_exceeded_first() -> None:
    times = [limit.times for limit in scale.limits(Inputs(), room=False)]
    assert times == sorted(times, reverse=True)


def test_bounds_are_those_of_the_code_and_the_manifests() -> None:
    names = ("pooler", "cluster")
    patch = {name: yaml.safe_load((DEPLOY / "k8s" / "database" / f"{name}.yaml").read_text()) for name in names}
    pooler = patch["pooler"]["spec"]
    assert Most().watches == scale.WATCHES
    assert (
        int(pooler["pgbouncer"]["parameters"]["default_pool_size"]),
        pooler["instances"],
    ) == (scale.POOLED, scale.POOLERS)
    parameters = patch["cluster"]["spec"]["postgresql"]["parameters"]
    assert int(parameters["max_connections"]) == scale.SERVER_CONNECTIONS
    assert f"max_connections: {scale.CONNECTIONS}\n" in (DEPLOY / "envoy.yaml").read_text()
    assert set(scale.LOADS) == set(CONTEXTS)
    assert (Inputs().contexts, Inputs().pool) == (len(CONTEXTS), POOL_MAX)


def test_bytes_are_those_of_the_messages() -> None:
    seats, names = 80_000, len("pln_") + 32
    states = inventory_pb2.SeatStates(plan_id="p" * names, seat_count=seats, states=bytes(seats // 2))
    change = inventory_pb2.SeatStateChange(position=seats - 1, state=inventory_pb2.SEAT_STATE_HELD)
    response = inventory_service_pb2.WatchSeatsResponse
    assert response(seats=states).ByteSize() == pytest.approx(Inputs().seat_bytes * seats, rel=0.01)
    assert response(changes=[change] * 100).ByteSize() == Inputs().change_bytes * 100


def test_the_document_tells_the_model_s_numbers() -> None:
    told, found = (ROOT / "docs" / "scale.md").read_text(), scale.figures(Inputs())
    for name, one in found["contexts"].items():
        assert f"| {name} | {one['calls_s']:,} | {one['calls_s_room']:,} | {one['rows']:,} | {one['mb']} |\n" in told
    assert f"paid after {found['sold_out_s']} s" in told
    firsts = list(found["limits"])[:4]
    places = [told.index(f"| {DOCUMENTED[name]} |") for name in firsts]
    assert places == sorted(places)
    for name in firsts:
        assert f"| {DOCUMENTED[name]} | {found['limits'][name]:.0f} | {found['limits_room'][name]:.1f} |" in told


def test_every_input_tells_its_origin() -> None:
    assert {one.metadata["origin"] for one in fields(Inputs)} == {MEASURED, COUNTED, ASSUMED}
    told = scale.lines(Inputs())
    assert all(any(line.startswith(f"{one.name} ") for line in told) for one in fields(Inputs))


def test_it_prints_the_same_again_and_takes_inputs_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "inputs.json").write_text('{"people": 1000, "places": 100}')
    arguments = ("--inputs", str(tmp_path / "inputs.json"), "--json", str(tmp_path / "figures.json"))

    first, again, small = bench(), bench(), bench(*arguments)

    assert (first.returncode, first.stdout) == (0, again.stdout)
    assert "bytes a second: first pictures" in first.stdout
    assert small.returncode == 0
    assert json.loads((tmp_path / "figures.json").read_text())["inputs"]["people"] == 1000


@pytest.mark.parametrize("odd", ['{"persons": 1}', '{"people": 0}', '{"people": "many"}', '{"people": 10}', "{"])
def test_odd_inputs_are_refused(tmp_path: Path, odd: str) -> None:
    (tmp_path / "inputs.json").write_text(odd)

    ran = bench("--inputs", str(tmp_path / "inputs.json"))

    assert ran.returncode == 1
    assert ran.stderr.startswith("bench: ")


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "scripts.measurements", "scale", *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{CLIENTS}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
