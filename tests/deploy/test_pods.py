"""Pods: their user, their writable paths, their settings, their probes and their end."""

import re

from scripts.extras import extras_of
from services.kit.rpc.server import LIVENESS, READINESS
from services.kit.values.config import Settings
from tests.deploy.rendered import (
    FOLDERS,
    KEYED,
    PORTS,
    ROUTED,
    Object,
    cluster_of,
    container,
    environment,
    image_environment,
    mounts,
    named,
    of_kind,
    pod,
    workloads,
)

# The longest time that CoreDNS and NodeLocal DNSCache cache an answer by default.
NAMES_CACHED_S = 30
FLUSH_S = 5
USER_ID = 10001
SIZE = re.compile(r"(\d+)(Mi|Gi)")


def serving() -> list[tuple[str, Object]]:
    """Returns the workloads that serve, and therefore have probes."""
    return [(folder, thing) for folder, thing in workloads() if thing["kind"] != "Job"]


def mebibytes(size: str) -> int:
    """Converts a size to MiB."""
    found = SIZE.fullmatch(size)
    assert found, size
    return int(found[1]) * (1024 if found[2] == "Gi" else 1)


def test_pods_run_unprivileged_and_cannot_change_their_node() -> None:
    for _, thing in workloads():
        said = pod(thing)["securityContext"]
        assert said["runAsNonRoot"] is True, named(thing)
        assert said["runAsUser"] == said["runAsGroup"] == said["fsGroup"] == USER_ID
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


def test_pods_write_only_to_volumes_with_a_limit() -> None:
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
    assert "spec" in mounts(platform)[own["EVENTHUB_DATA_DIR"]], "the data of SQLite must outlive the pod"


def test_secrets_are_mounted_read_only_and_not_for_every_user() -> None:
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
        assert (f"keys-{context}" in given) == (context in KEYED)
    for thing in (*of_kind("overlays/prod", "Deployment"), *of_kind("migrate", "Job")):
        context = container(thing)["args"][1]
        sources = mounts(thing)["/etc/eventhub/database"]["projected"]["sources"]
        assert [source["secret"]["name"] for source in sources] == [f"database-{context}", f"{cluster_of(context)}-ca"]
        urls = {item["path"]: item["key"] for item in sources[0]["secret"]["items"]}
        behind = {"read_url": "read_url"} if extras_of(context).reads_behind else {}
        assert urls == ({"url": "migrate_url"} if thing["kind"] == "Job" else {"url": "url", **behind})
        assert sources[1]["secret"] == {
            "name": f"{cluster_of(context)}-ca",
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
        # Otherwise a Service named eventhub would set EVENTHUB_PORT.
        assert pod(thing)["enableServiceLinks"] is False


def test_a_process_of_the_mesh_gets_every_setting_it_needs() -> None:
    for thing in of_kind("overlays/prod", "Deployment"):
        told = environment("overlays/prod", thing)
        assert {"EVENTHUB_DATABASE_URL_FILE", "EVENTHUB_TLS_DIR", "EVENTHUB_SMTP_HOST"} <= set(told)
        assert ("EVENTHUB_KEYS_DIR" in told) == (thing["metadata"]["name"] in KEYED)
        assert ("EVENTHUB_DATABASE_READ_URL_FILE" in told) == extras_of(thing["metadata"]["name"]).reads_behind
    assert image_environment()["EVENTHUB_HOST"] == "0.0.0.0"  # noqa: S104 - a pod is reached from outside itself


def test_ports_are_those_that_the_process_listens_on() -> None:
    defaults = {name: getattr(Settings(), f"{name}_port") for name in ("http", "mesh", "health", "metrics")}
    assert {"public": Settings().port, **defaults} == PORTS
    for folder, thing in serving():
        ports = {port["name"]: port["containerPort"] for port in container(thing)["ports"]}
        assert ports.items() <= PORTS.items(), named(thing)
        if folder == "overlays/prod":
            wanted = set(PORTS) if thing["metadata"]["name"] in ROUTED else set(PORTS) - {"http"}
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
        if folder == "overlays/prod":  # load balancers see the failed readiness before the pod refuses calls
            assert float(told["EVENTHUB_DRAIN_S"]) > readiness["periodSeconds"] * readiness["failureThreshold"]
            assert lingers > NAMES_CACHED_S, "cached names expire before the pod ends"


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


def test_every_folder_with_pods_is_checked() -> None:
    assert {folder for folder, _ in workloads()} == set(FOLDERS) - {"base", "database"}
