"""The image, checked line by line because no daemon builds it here, and compose.yaml, which runs it without a
cluster."""

import re
import shlex
from configparser import ConfigParser
from typing import Any

import pytest
import yaml

from services.kit.values.config import Settings
from tests.deploy.rendered import CONTEXTS, KEYED, PORTS, image_environment, of_kind
from tests.sources import ROOT

DOCKERFILE, COMPOSE = ROOT / "deploy" / "Dockerfile", ROOT / "deploy" / "compose.yaml"
INSTALLS = re.compile(r"\b(apt-get|apk|curl|wget|gcc|build-essential)\b")
GRACE = re.compile(r"(\d+)s")
NEEDS_DATABASE = {"migrate", "eventhub", *CONTEXTS}
Line = tuple[str, str]


def stages() -> dict[str, list[Line]]:
    """Returns the instructions of each stage by its name; "" has those before the first stage."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, list[Line]] = {"": []}
    for line in filter(None, text.splitlines()):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            base, _, name = rest.split()
            found[name] = [("FROM", base)]
        else:
            list(found.values())[-1].append((word, rest))
    return found


def said(stage: str, word: str) -> list[str]:
    """Returns a stage's arguments of an instruction."""
    return [rest for told, rest in stages()[stage] if told == word]


def test_the_base_is_named_to_the_patch_and_the_same_for_both_stages() -> None:
    (base,) = said("", "ARG")
    assert re.fullmatch(r"PYTHON=python:3\.11\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base)
    assert said("build", "FROM") == said("run", "FROM") == ["${PYTHON}"]
    assert list(stages()) == ["", "build", "run"]


def test_dependencies_are_hashed_and_none_is_compiled() -> None:
    (install,) = [line for line in said("build", "RUN") if "pip" in line]
    for wanted in ("venv --without-pip", "--require-hashes", "--only-binary :all:", "-r requirements.txt"):
        assert wanted in install
    assert not [line for stage in stages() for line in said(stage, "RUN") if INSTALLS.search(line)]
    for name in ("requirements.txt", "requirements-otel.txt"):
        pinned = re.split(r"\n(?=\w)", (ROOT / name).read_text().strip())
        assert [entry for entry in pinned if "--hash=sha256:" not in entry or "==" not in entry] == []


def test_bytecode_is_compiled_at_build_time() -> None:
    (compiled,) = [line for line in said("build", "RUN") if "compileall" in line]
    assert {"/opt/eventhub/lib", "/app"} <= set(shlex.split(compiled))
    assert image_environment()["PYTHONDONTWRITEBYTECODE"] == "1"


def test_nothing_that_installs_is_left() -> None:
    runs = said("run", "RUN")
    assert runs == [
        "rm -rf /usr/local/lib/python3*/site-packages/* /usr/local/lib/python3*/ensurepip /usr/local/bin/pip*"
    ]
    copied = [line for line in said("run", "COPY") if not line.startswith("--from=build ")]
    assert not copied


def test_it_runs_as_an_unprivileged_number_and_its_command_tells_the_program() -> None:
    assert said("run", "USER") == ["10001:10001"]
    assert said("run", "ENTRYPOINT") == ['["python", "-m"]']
    assert said("run", "CMD") == ['["services.up"]']
    assert said("run", "EXPOSE") == [" ".join(str(port) for port in PORTS.values())]
    assert (ROOT / "services" / "up.py").exists()
    assert image_environment()["PYTHONPATH"] == "/app:/app/clients"


def test_copied_paths_exist_and_are_let_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored, "only the named paths are copied"
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    copied = {path for line in said("build", "COPY") for path in line.split()[:-1]}
    assert copied == let_through
    assert all((ROOT / path).exists() for path in copied)
    produced = {"/opt/eventhub", "/app", "/data"}
    assert {line.split()[-2] for line in said("run", "COPY")} == produced


def test_files_that_the_platform_reads_beside_its_modules_are_let_through() -> None:
    left_out = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("**/")]
    assert left_out == ["**/__pycache__", "**/*.pyi", "**/*.md"]
    kept = [path for path in (ROOT / "services").rglob("*") if path.suffix in (".md", ".pyi")]
    assert kept == [ROOT / "services" / "README.md"]


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def active(compose: dict[str, Any], profile: str) -> dict[str, Any]:
    """Returns the services of a profile."""
    services: dict[str, Any] = compose["services"]
    return {name: one for name, one in services.items() if profile in one.get("profiles", [profile])}


def test_compose_runs_one_process_or_every_context(compose: dict[str, Any]) -> None:
    assert set(active(compose, "one")) == {"postgres", "pgbouncer", "migrate", "eventhub", "edge"}
    assert set(active(compose, "mesh")) == {
        *("postgres", "pgbouncer", "migrate", "certificates", "keys"),
        *CONTEXTS,
    }
    assert "COMPOSE_PROFILES=one\n" in (ROOT / "deploy" / ".env").read_text()
    for context in CONTEXTS:
        assert compose["services"][context]["command"] == ["services.serve", context]
    assert compose["services"]["eventhub"]["command"] == ["services.up"]


def test_compose_containers_are_as_closed_as_pods(compose: dict[str, Any]) -> None:
    for name, one in compose["services"].items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert one["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", one["user"]), name
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ())), name
        data = [path for path in one.get("tmpfs", ()) if path.startswith("/data:")]
        volumes = [volume for volume in one.get("volumes", ()) if str(volume).endswith(":/data")]
        assert name in {"postgres", "pgbouncer", "migrate", "edge"} or len(data) + len(volumes) == 1, name


def test_compose_starts_services_after_their_dependencies(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for context in CONTEXTS:
        assert set(services[context]["depends_on"]) == {"certificates", "keys", "migrate"}
        assert services[context]["healthcheck"]["test"] == ["CMD", "python", "-m", "services.probe"]
    assert services["migrate"]["depends_on"] == {"pgbouncer": {"condition": "service_healthy"}}
    assert services["pgbouncer"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["eventhub"]["healthcheck"]["test"][-1] == f"--port={PORTS['public']}"
    for one in services.values():
        assert set(one.get("depends_on", ())) <= set(services)


def test_compose_tells_settings_and_gives_time_to_end(compose: dict[str, Any]) -> None:
    known = {f"EVENTHUB_{name.upper()}" for name in Settings.__annotations__}
    for name in ("eventhub", *CONTEXTS):
        one = compose["services"][name]
        told = one["environment"]
        assert set(told) <= known, name
        grace = GRACE.fullmatch(one["stop_grace_period"])
        assert grace
        assert int(grace[1]) > float(told.get("EVENTHUB_DRAIN_S", 0)) + float(told["EVENTHUB_GRACE_S"]) + 5


def test_compose_shows_each_context_its_own_certificate_and_two_the_keys(compose: dict[str, Any]) -> None:
    for context in CONTEXTS:
        mounted = {volume["target"]: volume for volume in compose["services"][context]["volumes"] if "target" in volume}
        tls = mounted[compose["services"][context]["environment"]["EVENTHUB_TLS_DIR"]]
        assert (tls["source"], tls["read_only"], tls["volume"]) == ("certificates", True, {"subpath": context})
        keyed = context in KEYED
        assert ("/etc/eventhub/keys" in mounted) == keyed
        assert ("EVENTHUB_KEYS_DIR" in compose["services"][context]["environment"]) == keyed


def test_compose_makes_every_database_and_takes_secrets_from_files(compose: dict[str, Any]) -> None:
    kept = {str(volume).partition(":")[0] for one in compose["services"].values() for volume in one.get("volumes", ())}
    assert {name for name in kept if name.isalpha()} <= set(compose["volumes"])
    made = re.findall(r"CREATE DATABASE (\w+);", compose["configs"]["databases"]["content"])
    assert made == sorted([*CONTEXTS, "sandbox"])
    assert {name: secret["file"] for name, secret in compose["secrets"].items()} == {
        "database_password": "secrets/database_password",
        "database_url": "secrets/database_url",
        "pgbouncer_users": "secrets/pgbouncer_users",
    }
    for name in NEEDS_DATABASE:
        assert compose["services"][name]["secrets"] == ["database_url"]
        assert compose["services"][name]["environment"]["EVENTHUB_DATABASE_URL_FILE"] == "/run/secrets/database_url"
    assert compose["services"]["pgbouncer"]["secrets"] == ["pgbouncer_users"]
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/deploy/secrets/" in ignored


def test_compose_and_the_cluster_have_the_same_pgbouncer(compose: dict[str, Any]) -> None:
    told = ConfigParser()
    told.read_string(compose["configs"]["pgbouncer"]["content"])
    for pooler in of_kind("database", "Pooler"):
        spec = pooler["spec"]["pgbouncer"]
        parameters = {"pool_mode": spec["poolMode"], **spec["parameters"]}
        assert parameters.items() <= dict(told["pgbouncer"]).items()
    assert told["pgbouncer"]["auth_file"] == "/run/secrets/pgbouncer_users"
