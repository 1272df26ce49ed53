"""Settings: a wrong one is named in one line, before the process creates anything."""

import socket
from pathlib import Path

import pytest

from services.kit.values.config import BadSetting, Settings, check_ports, database_url, from_environment
from services.kit.values.help_text import explanations, reference


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PORTT", "1", "EVENTHUB_PORTT is no setting of EventHub"),
        ("SMTP_PORT", "x", "EVENTHUB_SMTP_PORT is 'x', not a whole number from 0 to 65,535"),
        ("PORT", "65536", "EVENTHUB_PORT is '65536', not a whole number from 0 to 65,535"),
        ("PORT", "-1", "EVENTHUB_PORT is '-1', not"),
        ("METRICS_PORT", "-2", "EVENTHUB_METRICS_PORT is '-2', not a whole number from -1 to 65,535"),
        ("GRACE_S", "nan", "EVENTHUB_GRACE_S is 'nan', not a number from 0 to"),
        ("QUEUE_PROBE_S", "inf", "EVENTHUB_QUEUE_PROBE_S is 'inf', not a number from 0 to"),
        ("BREAKER_WAIT_S", "-3", "EVENTHUB_BREAKER_WAIT_S is '-3', not"),
        ("LOG_LEVEL", "loud", "EVENTHUB_LOG_LEVEL is 'loud', not one of debug, info, warning, error"),
        ("GATEWAYS", "10.0.0.0/99", "EVENTHUB_GATEWAYS: "),
        ("FAILPOINTS", "orders.plac_order.before=kill", "no failpoint of the name orders.plac_order.before"),
        ("FAILPOINTS", "orders>inventory.LokHold.before=kill", "no failpoint of the name orders>inventory.LokHold"),
        ("FAILPOINTS", "orders.place_order.befor=kill", "no failpoint of the name orders.place_order.befor"),
        (
            "FAILPOINTS",
            "orders.place_order.before=die",
            "EVENTHUB_FAILPOINTS: failpoint orders.place_order",
        ),
        ("FAILPOINTS", "orders.place_order.before=kill@x", "kill@x is none of"),
        ("DATABASE_URL", "mysql://db/{context}", "EVENTHUB_DATABASE_URL: a database URL begins with postgresql://"),
        ("DATABASE_URL", "postgresql://db/{ctx}", "has {context} for the name of the database, not {ctx}"),
        ("DATABASE_URL", "postgresql://db/{context}?pool=zero", "EVENTHUB_DATABASE_URL: "),
        ("DATABASE_URL", "postgresql://db:99999/{context}", "EVENTHUB_DATABASE_URL: Port out of range"),
        ("NEIGHBOURS", "identity=dns:///i:1;catalog=dns:///c:1", "it names no target for inventory, notifications, "),
        ("NEIGHBOURS", "dns:///{name}:1", "EVENTHUB_NEIGHBOURS: it names no target for"),
        ("DATABASE_URL_FILE", "/nowhere/url", "EVENTHUB_DATABASE_URL_FILE cannot be read: "),
    ],
)
def test_a_wrong_value_is_named_with_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(f"EVENTHUB_{name}", value)

    with pytest.raises(BadSetting) as odd:
        from_environment()

    assert complaint in str(odd.value)
    assert "\n" not in str(odd.value)


def test_all_wrong_values_are_named_at_once_with_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTHUB_GRACE_S", "soon")

    with pytest.raises(BadSetting) as odd:
        from_environment(http_port="99999", port=None)

    assert "EVENTHUB_GRACE_S is 'soon'" in str(odd.value)
    assert "--http-port is '99999'" in str(odd.value)


def test_settings_come_from_the_environment_and_the_command_line_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("PORT", "1"), ("DATA_DIR", "/there"), ("GRACE_S", "2.5"), ("HTTP_PORT", "0")):
        monkeypatch.setenv(f"EVENTHUB_{name}", value)

    found = from_environment(port="2", data_dir=None)

    assert (found.port, found.data_dir, found.grace_s, found.http_port) == (2, Path("/there"), 2.5, 0)


def test_an_empty_file_for_the_database_url_is_no_wish_for_sqlite(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("\n")
    monkeypatch.setenv("EVENTHUB_DATABASE_URL_FILE", str(tmp_path / "url"))

    with pytest.raises(BadSetting, match="is empty"):
        from_environment()


def test_a_url_of_replicas_needs_one_of_their_primary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://replica/{context}\n")
    monkeypatch.setenv("EVENTHUB_DATABASE_READ_URL_FILE", str(tmp_path / "url"))
    with pytest.raises(BadSetting, match="needs EVENTHUB_DATABASE_URL"):
        from_environment()

    monkeypatch.setenv("EVENTHUB_DATABASE_URL", "postgresql://primary/{context}")
    assert database_url(from_environment(), "database_read_url") == "postgresql://replica/{context}"

    (tmp_path / "url").write_text("mysql://replica/{context}\n")
    with pytest.raises(BadSetting, match="EVENTHUB_DATABASE_READ_URL_FILE: a database URL begins with postgresql"):
        from_environment()


def test_a_port_that_is_taken_is_named_with_its_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(BadSetting, match=rf"cannot listen on 127.0.0.1:{port}: .*EVENTHUB_HTTP_PORT"):
            check_ports(Settings(port=0, http_port=port, metrics_port=-1), "port", "http_port", "metrics_port")


def test_the_reference_tells_every_setting() -> None:
    told = reference()

    assert [name for name in Settings.__annotations__ if f"EVENTHUB_{name.upper()}=" not in told] == []
    assert list(explanations()) == list(Settings.__annotations__)
    assert [name for name, about in explanations().items() if about.split(" ")[0] not in told] == []
