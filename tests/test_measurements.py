"""Each measurement of scripts/bench in its shortest form: it has its figures, and no invariant is broken."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scripts.measurements import reports, versions
from scripts.measurements.rounds import measured
from scripts.measurements.servers import ROOT
from scripts.measurements.table import MEASUREMENTS

COMMON = {"rate", "echo_rate", "ratio", "p50_ms", "p99_ms"}
TENTHS = {f"tenth_{n}" for n in range(1, 11)}
STORM = ("offered_rate", "goodput", "goodput_ratio", "told_share", "hold_p99_ms", "scan_share", "scan_p99_ms")
FIGURES = {
    "smoke": {"ready_s", "idle_mb", "hold_rate", "echo_rate", "ratio"},
    "hold": COMMON | {"driver_rate"},
    "purchase": COMMON | {"driver_rate", "paid_rate", "half_p50_ms", "half_p99_ms"},
    "hot": COMMON | {"driver_rate"} | TENTHS,
    "watch": COMMON | {"driver_rate", "rate_0", "rate_1", "rate_5", "rate_15", "updates"},
    "stream": COMMON | {"hold_p99_ms", "first_kb", "message_us", "bare_us"},
    "quote": COMMON | {"driver_rate"},
    "search": COMMON | {"driver_rate", "alone_p50_ms", "alone_p99_ms", "half_p50_ms", "half_p99_ms"},
    "checkin": COMMON | {"driver_rate", "idle_p50_ms", "idle_p99_ms", "share", "idle_share", "purchase_rate"},
    "memory": COMMON | {"idle_mb", "loaded_mb", "watcher_kb"},
    "overload": COMMON | {"driver_rate", "peak_rate"} | {f"{name}_x{times}" for name in STORM for times in (2, 5)},
    "replicas": {"rate", "echo_rate", "ratio", "rate_1", "rate_2", "rate_4", "gain_2", "gain_4"},
}
SHORT: dict[str, Any] = {"rounds": 1, "seconds": 0.5, "tickets": 40, "seats": 4_000, "watchers": 20, "events": 100}


def test_each_measurement_has_figures() -> None:
    assert FIGURES.keys() == MEASUREMENTS.keys()


@pytest.mark.parametrize("name", FIGURES)
async def test_a_short_measurement_has_its_figures_and_no_violation(name: str) -> None:
    measurement = MEASUREMENTS[name]

    sides = await measured(measurement.prepare, replace(measurement.plan, **SHORT), [ROOT])

    report = reports.report(measurement, sides, 0.0)
    assert report["violations"] == 0, report["broken"]
    assert report.keys() >= FIGURES[name]
    assert all(report[figure] > 0 for figure in FIGURES[name] & COMMON)


async def test_another_version_is_measured_in_turns() -> None:
    measurement = MEASUREMENTS["hold"]

    with versions.checked_out("HEAD") as other:
        assert versions.changed_wire(other) == []
        sides = await measured(measurement.prepare, replace(measurement.plan, **SHORT), [other, ROOT])

    assert not other.exists()
    report = reports.report(measurement, sides, 0.0)
    assert report["violations"] == 0, report["broken"]
    assert report["ratio"]["rate"] > 0


def test_another_contract_is_told(tmp_path: Path) -> None:
    assert versions.changed_wire(tmp_path) == ["clients/eventhub/eventhub.binpb"]
