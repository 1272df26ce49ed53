"""The manifests as a cluster gets them, rendered once for all tests."""

import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from eventhub import contract
from tests.deploy.programs import program
from tests.sources import ROOT, SERVICES

DEPLOY = ROOT / "deploy"
K8S = DEPLOY / "k8s"
PORTS = {"public": 7070, "http": 7071, "mesh": 7072, "health": 7073, "metrics": 7074}
FOLDERS = ("base", "database", "first", "migrate", "overlays/dev", "overlays/prod")
CONTEXTS = contract.contexts()
WIRINGS = {name: (SERVICES / name / "wiring.py").read_text() for name in CONTEXTS}
# The contexts whose code reads the platform's keys, and those that have HTTP routes.
KEYED = {name for name, text in WIRINGS.items() if ".keys_folder" in text}
ROUTED = {name for name, text in WIRINGS.items() if "routes=" in text}
PODS = ("Deployment", "StatefulSet", "Job")

Object = dict[str, Any]


@cache
def text(folder: str) -> str:
    """Returns kustomize's output for a folder of deploy/k8s."""
    command = [program("kubectl"), "kustomize", str(K8S / folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{folder}: {done.stderr}"
    return done.stdout


@cache
def objects(folder: str) -> tuple[Object, ...]:
    """Returns the objects of a folder."""
    loaded: Iterator[Object] = yaml.load_all(text(folder), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tuple(loaded)


def of_kind(folder: str, *kinds: str) -> list[Object]:
    """Returns a folder's objects of these kinds."""
    return [thing for thing in objects(folder) if thing["kind"] in kinds]


def by_name(folder: str, kind: str) -> dict[str, Object]:
    """Returns a folder's objects of a kind, by name."""
    return {thing["metadata"]["name"]: thing for thing in of_kind(folder, kind)}


def workloads() -> list[tuple[str, Object]]:
    """Returns (folder, object) for every object that runs our pods."""
    return [(folder, thing) for folder in FOLDERS for thing in of_kind(folder, *PODS)]


def pod(thing: Object) -> Object:
    """Returns the pod spec of a workload."""
    found: Object = thing["spec"]["template"]["spec"]
    return found


def pod_labels(thing: Object) -> dict[str, str]:
    """Returns the labels of a workload's pods."""
    found: dict[str, str] = thing["spec"]["template"]["metadata"]["labels"]
    return found


def container(thing: Object) -> Object:
    """Returns the only container of a workload."""
    (only,) = pod(thing)["containers"]
    found: Object = only
    return found


def named(thing: Object) -> str:
    """Returns a name for error messages."""
    return f"{thing['kind']}/{thing['metadata']['name']}"


def selects(labels: dict[str, str], selector: Object) -> bool:
    """Tells whether a selector matches pods with these labels."""
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    among = (labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", ()))
    return wanted and all(among)


def cluster_of(context: str) -> str:
    """Returns the name of the cluster with a context's databases."""
    (name,) = {
        thing["spec"]["cluster"]["name"]
        for thing in of_kind("database", "Database")
        if thing["spec"]["owner"] == context
    }
    return str(name)


def settings(folder: str) -> dict[str, str]:
    """Returns the settings that all pods of a folder share."""
    (made,) = of_kind(folder, "ConfigMap")
    found: dict[str, str] = made["data"]
    return found


def environment(folder: str, thing: Object) -> dict[str, str]:
    """Returns all variables of a workload's container, by name."""
    own = {variable["name"]: variable["value"] for variable in container(thing).get("env", ())}
    return {**(settings(folder) if "envFrom" in container(thing) else {}), **own}


def mounts(thing: Object) -> dict[str, Object]:
    """Returns the volume mounted at each path."""
    volumes = {volume["name"]: volume for volume in pod(thing).get("volumes", ())}
    claims = {claim["metadata"]["name"]: claim for claim in thing["spec"].get("volumeClaimTemplates", ())}
    return {at["mountPath"]: {**claims, **volumes}[at["name"]] for at in container(thing)["volumeMounts"]}


def image_environment() -> dict[str, str]:
    """Returns the variables that the image sets."""
    lines = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    told = [line.removeprefix("ENV ") for line in lines if line.startswith("ENV ")]
    return dict(pair.split("=", 1) for line in told for pair in line.split())
