"""scripts/bench: invariants, statistics, and one short measurement. tests/test_measurements.py makes each of them."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from scripts.measurements import __main__ as command
from scripts.measurements import figures, invariants, reports
from scripts.measurements.invariants import Acknowledged
from scripts.measurements.machine import noise
from scripts.measurements.rounds import Measured
from scripts.measurements.servers import kind_of_disk
from scripts.measurements.table import MEASUREMENTS
from tests.sources import CLIENTS, ROOT

PATIENCE_S = 110
# One sale: a seat, two places that are held, and the order that paid the seat.
SALE = {
    "inventory": """
        CREATE TABLE hold (hold_id TEXT, event_id TEXT, state TEXT, order_id TEXT, places TEXT, tickets INTEGER);
        CREATE TABLE seat (event_id TEXT, seat_id TEXT, state TEXT, hold_id TEXT);
        CREATE TABLE pool (event_id TEXT, name TEXT, capacity INTEGER, held INTEGER, sold INTEGER);
        INSERT INTO hold VALUES ('h1', 'show', 'SOLD', 'o1', '[["t", "A-1", "A 1"]]', 1);
        INSERT INTO hold VALUES ('h2', 'talk', 'HELD', '', '[["t", "", ""], ["t", "", ""]]', 2);
        INSERT INTO seat VALUES ('show', 'A-1', 'SOLD', 'h1'), ('show', 'A-2', 'FREE', '');
        INSERT INTO pool VALUES ('talk', 'places', 10, 2, 0);
    """,
    "orders": """
        CREATE TABLE customer_order
            (order_id TEXT, event_id TEXT, hold_id TEXT, state TEXT, method TEXT, total_minor INTEGER);
        CREATE TABLE order_line (order_id TEXT, n INTEGER);
        INSERT INTO customer_order VALUES ('o1', 'show', 'h1', 'PAID', 'CARD', 1000);
        INSERT INTO order_line VALUES ('o1', 1);
    """,
    "payments": """
        CREATE TABLE ledger_line (entry_id TEXT, account TEXT, order_id TEXT, amount_minor INTEGER);
        INSERT INTO ledger_line VALUES ('e1', 'clearing:sandbox', 'o1', 1000), ('e1', 'payable:org', 'o1', -1000);
    """,
    "ticketing": """
        CREATE TABLE ticket (ticket_id TEXT, order_id TEXT, event_id TEXT, seat_id TEXT, state TEXT);
        CREATE TABLE scan (ticket_id TEXT, outcome TEXT);
        INSERT INTO ticket VALUES ('k1', 'o1', 'show', 'A-1', 'USED');
        INSERT INTO scan VALUES ('k1', 'ADMITTED'), ('k1', 'USED');
    """,
    "notifications": """
        CREATE TABLE notification (notification_id TEXT, kind TEXT, order_id TEXT);
        CREATE TABLE delivery (notification_id TEXT, state TEXT);
        INSERT INTO notification VALUES ('n1', 'ORDER_PAID', 'o1'), ('n2', 'TICKETS', 'o1');
        INSERT INTO delivery VALUES ('n1', 'DROPPED'), ('n2', 'SENT');
    """,
}
BREACHES = {
    "no seat is in two holds": (
        "inventory",
        "INSERT INTO hold VALUES ('h3', 'show', 'HELD', '', '[[\"t\", \"A-1\", \"A 1\"]]', 1)",
    ),
    "a seat is held or sold as its hold is": ("inventory", "UPDATE seat SET state = 'HELD' WHERE seat_id = 'A-1'"),
    "counts of places equal the holds in force": ("inventory", "UPDATE pool SET held = 3"),
    "no seat has two tickets": ("ticketing", "INSERT INTO ticket VALUES ('k2', 'o1', 'show', 'A-1', 'VALID')"),
    "each line of a paid order has a ticket": ("ticketing", "DELETE FROM ticket"),
    "each ticket belongs to a paid order": ("orders", "UPDATE customer_order SET state = 'FAILED'"),
    "the hold of a paid order is sold to it": ("inventory", "UPDATE hold SET state = 'LAPSED' WHERE hold_id = 'h1'"),
    "each sold hold has a paid order": ("orders", "UPDATE customer_order SET state = 'FAILED'"),
    "each ledger entry sums to zero": ("payments", "DELETE FROM ledger_line WHERE account LIKE 'clearing:%'"),
    "the ledger has the total of each paid order": ("orders", "UPDATE customer_order SET total_minor = 999"),
    "each paid order has its mail with the tickets": (
        "notifications",
        "UPDATE delivery SET state = 'PENDING' WHERE notification_id = 'n2'",
    ),
    "no order is left unfinished": ("orders", "UPDATE customer_order SET state = 'PAYMENT_PENDING'"),
    "a ticket admits once, and is used then": ("ticketing", "UPDATE ticket SET state = 'VALID'"),
    "it cannot be told whether no seat has two tickets": ("ticketing", "ALTER TABLE ticket RENAME TO tickets"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one sale, which breaks no invariant."""
    for name, sql in SALE.items():
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as database:
            database.executescript(sql)
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "n2.eml").touch()
    return tmp_path


def test_a_sound_sale_breaks_no_invariant(folder: Path) -> None:
    assert invariants.violations(folder, Acknowledged(holds=2, paid={"o1"})) == []
    assert (invariants.unfinished(folder), invariants.revenue_minor(folder, "show")) == (0, 1000)
    assert (invariants.available(folder, "talk"), invariants.available(folder, "show")) == (8, 1)


def test_each_invariant_has_a_breach() -> None:
    assert all(any(one.rule.startswith(rule) for rule in BREACHES) for one in invariants.INVARIANTS)


@pytest.mark.parametrize("rule", BREACHES)
def test_a_breach_is_reported(folder: Path, rule: str) -> None:
    name, breach = BREACHES[rule]
    with closing(sqlite3.connect(folder / f"{name}.db")) as database:
        database.executescript(breach)

    found = invariants.violations(folder, Acknowledged())

    assert any(rule in violation for violation in found), found


def test_acknowledged_writes_that_are_lost_are_reported(folder: Path) -> None:
    found = invariants.violations(folder, Acknowledged(holds=3, paid={"o1", "o2"}))

    assert found == [
        "3 holds were acknowledged and 2 are stored",
        "1 orders were acknowledged as paid and are not, such as ['o2']",
    ]


def test_a_mail_that_is_not_written_is_reported(folder: Path) -> None:
    (folder / "mail" / "n2.eml").unlink()

    assert invariants.violations(folder, Acknowledged()) == ["1 mails were sent and 0 are written"]


def test_a_measurement_with_violations_has_no_figures() -> None:
    side = Measured(rounds=[{"rate": 1.0, "echo_rate": 2.0}], violations=["a seat was sold twice"])

    report = reports.report(MEASUREMENTS["hold"], [side], 0.0)

    assert report == {"violations": 1, "broken": ["a seat was sold twice"]}
    assert reports.lines("hold", report)[1] == "  VIOLATION a seat was sold twice"


def test_figures_are_medians_with_spreads() -> None:
    rounds = [{"rate": rate, "echo_rate": 100.0} for rate in (10.0, 30.0, 20.0, 50.0, 40.0)]

    report = reports.report(MEASUREMENTS["hold"], [Measured(rounds=rounds)], 0.0)

    assert (report["rate"], report["spread"]["rate"], report["noise"]) == (30.0, [10.0, 50.0], [])


def test_two_versions_are_compared_round_by_round() -> None:
    old = [{"rate": rate, "echo_rate": 100.0} for rate in (10.0, 20.0, 40.0)]
    new = [{"rate": 20.0, "echo_rate": 100.0}] * 3

    report = reports.report(MEASUREMENTS["hold"], [Measured(rounds=old), Measured(rounds=new)], 0.0)

    assert (report["old"]["rate"], report["new"]["rate"], report["ratio"]["rate"]) == (20.0, 20.0, 1.0)
    assert report["ratio"]["spread"]["rate"] == [0.5, 2.0]
    assert any("1.000 (0.500 to 2.000)" in line for line in reports.lines("hold", report))


def test_a_percentile_is_between_the_values() -> None:
    assert figures.percentile([float(n) for n in range(101)], 0.99) == 99.0
    assert (figures.percentile([], 0.5), figures.percentile([7.0], 0.99)) == (0.0, 7.0)


def test_noise_is_told() -> None:
    assert noise(0.5, [100.0, 107.0, 93.0, 100.0, 100.0]) == []
    assert noise(0.6, [100.0, 120.0, 100.0]) == [
        "the load before the start was 0.6, above 0.5",
        "the echo's rates differ by 20%, more than 15%",
        "there were 3 rounds, fewer than 5",
    ]


def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount() -> None:
    mounts = "/dev/sda / ext4 rw 0 0\ntmpfs /fast tmpfs rw 0 0\n/dev/sdb /fast/disk xfs rw 0 0\n"

    found = [kind_of_disk(Path(path), mounts) for path in ("/home/a", "/fast/a", "/fast/disk/a", "/faster")]

    assert found == ["ext4", "tmpfs", "xfs", "ext4"]


def test_help_says_what_each_measurement_runs() -> None:
    told = command.parser().format_help()

    assert all(f"\n  {name:10} {one.told}\n" in told for name, one in MEASUREMENTS.items())


def test_a_measurement_is_written_as_json(tmp_path: Path) -> None:
    ran = bench("hold", "--rounds", "1", "--seconds", "0.3", "--json", str(tmp_path / "figures.json"))

    assert (ran.returncode, ran.stderr) == (0, "")
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["violations"] == 0
    assert found["rate"] / found["echo_rate"] == pytest.approx(found["ratio"], abs=0.01)
    assert 0 < found["p50_ms"] <= found["p99_ms"]
    assert "fewer than 5" in ran.stdout


def test_a_commit_that_git_does_not_know_is_refused() -> None:
    ran = bench("hold", "--against", "no-such-commit")

    assert ran.returncode == 1
    assert ran.stderr.startswith("bench: no-such-commit: ")


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs scripts/bench without setting up the environment."""
    return subprocess.run(
        [
            *("env", f"PYTHONPATH={ROOT}:{CLIENTS}", "GRPC_VERBOSITY=ERROR"),
            *(sys.executable, "-m", "scripts.measurements", *arguments),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
