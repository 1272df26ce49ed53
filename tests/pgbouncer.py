"""A PgBouncer in front of the server under test, with the settings of deploy/k8s/database/pooler.yaml."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from threading import Thread
from typing import Any

import yaml

from tests.sources import ROOT

SETTINGS = ROOT / "deploy" / "k8s" / "database" / "pooler.yaml"
# It says this once it listens.
LISTENS = b"process up"
# The first version that keeps prepared statements in transaction mode.
KEEPS_STATEMENTS = (1, 21)
CONFIG = """
[databases]
* = host={server} port=5432 user=postgres

[pgbouncer]
unix_socket_dir = {place}
listen_port = 5432
auth_type = any
pidfile = {place}/pid
log_connections = 0
log_disconnections = 0
log_stats = 0
ignore_startup_parameters = extra_float_digits
"""


def program() -> str:
    """Returns the path of PgBouncer; fails if it is not installed."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    assert found, "pgbouncer is not installed; its package is called pgbouncer in Debian, Fedora and Homebrew"
    return found


def keeps_statements() -> bool:
    """Whether the installed version keeps prepared statements in transaction mode."""
    told = subprocess.run([program(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)", told)
    assert found, told
    return (int(found[1]), int(found[2])) >= KEEPS_STATEMENTS


def options() -> str:
    """Returns what the URL of a database needs behind this PgBouncer."""
    return "" if keeps_statements() else "&prepare=off"


def config(server: Path, place: Path) -> str:
    """Returns the configuration. server: the folder of PostgreSQL's socket. place: that of PgBouncer's."""
    spec: dict[str, Any] = yaml.safe_load(SETTINGS.read_text())["spec"]["pgbouncer"]
    # Tests drop databases and make them anew, so a login that failed says nothing about the next one.
    parameters = {"pool_mode": spec["poolMode"], **spec["parameters"], "server_login_retry": "0.01"}
    if not keeps_statements():
        del parameters["max_prepared_statements"]
    lines = [f"{name} = {value}" for name, value in parameters.items()]
    return CONFIG.format(server=server, place=place) + "\n".join(lines) + "\n"


@contextmanager
def running(server: Path, place: Path, user: str | None) -> Iterator[None]:
    """Runs a PgBouncer during the with statement. user: the user that it runs as; None for this one."""
    place.mkdir(mode=0o700)
    (place / "pgbouncer.ini").write_text(config(server, place))
    if user:
        shutil.chown(place, user)
        (place / "pgbouncer.ini").chmod(0o644)
    process = subprocess.Popen([program(), str(place / "pgbouncer.ini")], user=user, cwd="/", stderr=subprocess.PIPE)
    assert process.stderr is not None
    try:
        said = list(takewhile(lambda line: LISTENS not in line, process.stderr))
        assert process.poll() is None, b"".join(said).decode()
        # Otherwise it would wait until its words are read.
        Thread(target=process.stderr.read, daemon=True).start()
        yield
    finally:
        process.kill()
        process.wait()
