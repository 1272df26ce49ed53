"""Pods: who they run as, what they may write, what they are told, how they are asked and how they end."""

import re

from services.kit.rpc.server import LIVENESS, READINESS
from services.kit.values.config import Settings
from tests.deploy.rendered import (
    FOLDERS,
    PORTS,
    Object,
    container,
    environment,
    image_environment,
    mounts,
    named,
    of_kind,
    pod,
    workloads,
)

# What CoreDNS and NodeLocal DNSCache keep an answer for at most, as they come.
NAMES_CACHED_S = 30
FLUSH_S = 5
NOBODY = 10001
SIZE = re.compile(r"(\d+)(Mi|Gi)")


def serving() -> list[tuple[str, Object]]:
    """What serves, and so is asked how it is."""
    return [(folder, thing) for folder, thing in workloads() if thing["kind"] != "Job"]


def mebibytes(size: str) -> int:
    """A size in MiB."""
    found = SIZE.fullmatch(size)
    assert found, size
    return int(found[1]) * (1024 if found[2] == "Gi" else 1)


def test_pods_run_as_nobody_and_can_do_nothing_to_their_node() -> None:
    for _, thing in workloads():
        said = pod(thing)["securityContext"]
        assert said["runAsNonRoot"] is True, named(thing)
        assert said["runAsUser"] == said["runAsGroup"] == said["fsGroup"] == NOBODY
        assert said["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod(thing)["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod(thing))
        assert container(thing)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert all("hostPort" not in port for port in container(thing).get("ports", ()))
        assert all("hostPath" not in volume for volume in pod(thing).get("volumes", ()))


def test_every_context_has_an_account_of_its_own_without_a_token() -> None:
    accounts = {thing["metadata"]["name"]: thing for thing in of_kind("overlays/prod", "ServiceAccount")}
    used = {pod(thing)["serviceAccountName"] for thing in of_kind("overlays/prod", "Deployment")}
    assert used == set(accounts)
    assert all(account["automountServiceAccountToken"] is False for account in accounts.values())


def test_what_is_written_lies_on_a_volume_that_has_an_end() -> None:
    own = image_environment()
    assert own["PYTHONDONTWRITEBYTECODE"] == "1"
    for folder, thing in workloads():
        writable = {path for path, volume in mounts(thing).items() if "emptyDir" in volume or "spec" in volume}
        written = {"/tmp"} if thing["kind"] == "Job" else {"/tmp", own["EVENTHUB_DATA_DIR"]}  # noqa: S108 - a mount
        assert writable == written, f"{folder} {named(thing)}"
        for volume in mounts(thing).values():
            if "emptyDir" in volume:
                most = mebibytes(container(thing)["resources"]["limits"]["ephemeral-storage"])
                assert mebibytes(volume["emptyDir"]["sizeLimit"]) < most
    (platform,) = of_kind("overlays/dev", "StatefulSet")
    assert "spec" in mounts(platform)[own["EVENTHUB_DATA_DIR"]], "what SQLite keeps must outlive the pod"


def test_secrets_are_mounted_for_reading_and_not_for_everybody() -> None:
    for _, thing in workloads():
        paths = {path for path, volume in mounts(thing).items() if {"secret", "projected"} & set(volume)}
        read_only = {at["mountPath"] for at in container(thing)["volumeMounts"] if at.get("readOnly")}
        assert paths <= read_only, named(thing)
        for path in paths:
            volume = mounts(thing)[path]
            assert (volume.get("secret") or volume["projected"])["defaultMode"] & 0o007 == 0, named(thing)


def test_each_context_sees_its_own_secrets_alone() -> None:
    for thing in of_kind("overlays/prod", "Deployment"):
        context = thing["metadata"]["name"]
        given = {volume["secret"]["secretName"] for volume in pod(thing)["volumes"] if "secret" in volume}
        assert given - {"smtp"} <= {f"mesh-{context}", f"keys-{context}"}
        assert ("smtp" in given) == (context == "notifications")
        assert (f"keys-{context}" in given) == (context in {"identity", "ticketing"})
    for thing in (*of_kind("overlays/prod", "Deployment"), *of_kind("migrate", "Job")):
        context = container(thing)["args"][1]
        sources = mounts(thing)["/etc/eventhub/database"]["projected"]["sources"]
        assert [source["secret"]["name"] for source in sources] == [f"database-{context}", "database-ca"]
        assert sources[1]["secret"] == {
            "name": "database-ca",
            "items": [{"key": "ca.crt", "path": "ca.crt"}],
            "optional": True,
        }


def test_variables_are_settings_and_files_among_them_are_mounted() -> None:
    known = {f"EVENTHUB_{name.upper()}" for name in Settings.__annotations__}
    assert {name for name in image_environment() if name.startswith("EVENTHUB_")} <= known
    for folder, thing in workloads():
        told = environment(folder, thing)
        assert set(told) <= known, f"{folder} {named(thing)}"
        for name, value in told.items():
            if value.startswith("/"):
                assert any(value == path or value.startswith(f"{path}/") for path in mounts(thing)), f"{name}={value}"
        # Else a Service called eventhub would set EVENTHUB_PORT.
        assert pod(thing)["enableServiceLinks"] is False


def test_what_a_process_of_the_mesh_must_know_it_is_told() -> None:
    for thing in of_kind("overlays/prod", "Deployment"):
        told = environment("overlays/prod", thing)
        assert {"EVENTHUB_DATABASE_URL_FILE", "EVENTHUB_TLS_DIR", "EVENTHUB_SMTP_HOST"} <= set(told)
        assert ("EVENTHUB_KEYS_DIR" in told) == (thing["metadata"]["name"] in {"identity", "ticketing"})
    assert image_environment()["EVENTHUB_HOST"] == "0.0.0.0"  # noqa: S104 - a pod is reached from outside itself


def test_ports_are_those_that_the_process_listens_on() -> None:
    defaults = {name: getattr(Settings(), f"{name}_port") for name in ("http", "mesh", "health", "metrics")}
    assert {"public": Settings().port, **defaults} == PORTS
    for folder, thing in serving():
        ports = {port["name"]: port["containerPort"] for port in container(thing)["ports"]}
        assert ports.items() <= PORTS.items(), named(thing)
        if folder == "overlays/prod":
            wanted = set(PORTS) if thing["metadata"]["name"] in ("identity", "ticketing") else set(PORTS) - {"http"}
            assert set(ports) == wanted
        notes = thing["spec"]["template"]["metadata"]["annotations"]
        assert notes["prometheus.io/port"] == str(ports["metrics"])
        assert notes["prometheus.io/scrape"] == "true"


def test_probes_ask_for_health_that_is_served() -> None:
    asked = {"startupProbe": LIVENESS, "livenessProbe": LIVENESS, "readinessProbe": READINESS}
    for folder, thing in serving():
        port = PORTS["public" if folder == "overlays/dev" else "health"]
        for probe, service in asked.items():
            assert container(thing)[probe]["grpc"] == {"port": port, "service": service}, named(thing)
        assert port in {told["containerPort"] for told in container(thing)["ports"]}
    assert not [named(thing) for _, thing in workloads() if thing["kind"] == "Job" and "livenessProbe" in pod(thing)]


def test_there_is_time_to_drain_to_finish_and_to_flush() -> None:
    for folder, thing in serving():
        told = environment(folder, thing)
        lingers = float(told.get("EVENTHUB_LINGER_S", 0))
        needed = lingers + float(told["EVENTHUB_DRAIN_S"]) + float(told["EVENTHUB_GRACE_S"]) + FLUSH_S
        assert pod(thing)["terminationGracePeriodSeconds"] > needed, named(thing)
        readiness = container(thing)["readinessProbe"]
        if folder == "overlays/prod":  # whoever routes by readiness has noticed before the last call is taken
            assert float(told["EVENTHUB_DRAIN_S"]) > readiness["periodSeconds"] * readiness["failureThreshold"]
            assert lingers > NAMES_CACHED_S, "whoever asks for its name hears of others first"


def test_resources_are_asked_for_and_limited() -> None:
    for _, thing in workloads():
        resources = container(thing)["resources"]
        assert set(resources["requests"]) == set(resources["limits"]) == {"cpu", "memory", "ephemeral-storage"}
        assert mebibytes(resources["requests"]["memory"]) <= mebibytes(resources["limits"]["memory"])


def test_a_job_ends_and_is_tidied_away() -> None:
    jobs = of_kind("migrate", "Job")
    assert jobs
    for job in jobs:
        assert pod(job)["restartPolicy"] == "Never"
        assert {"backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"} <= set(job["spec"])


def test_pods_are_looked_for_everywhere() -> None:
    assert {folder for folder, _ in workloads()} == set(FOLDERS) - {"base", "database"}
