"""Every overlay renders, is valid for Kubernetes, is fresh, and names one image."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from scripts import manifests
from services.kit.values.version import VERSION
from tests.deploy import rendered
from tests.deploy.rendered import CONTEXTS, DEPLOY, FOLDERS, K8S, Object, container, named, objects, of_kind, workloads
from tests.sources import ROOT

SCHEMAS = K8S / "schemas"
# Variables whose values must be in a secret's file; another variable may name that file.
SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL|READ_URL)$")
SECRET_VALUE = re.compile(r"-----BEGIN|://[^/\s]+:[^/\s]+@")


def schema_of(thing: Object) -> str:
    """Returns the schema name of an object's kind."""
    group, _, version = thing["apiVersion"].rpartition("/")
    return "-".join([thing["kind"].lower(), *([group.split(".")[0]] if group else []), version])


@cache
def validator(schema: str) -> Draft202012Validator:
    """Returns a validator for a schema."""
    return Draft202012Validator(json.loads((SCHEMAS / f"{schema}.json").read_text()))


def complaints(things: Iterable[Object]) -> list[str]:
    """Returns the schema violations of objects."""
    return [
        f"{named(thing)} {error.json_path}: {error.message}"
        for thing in things
        for error in validator(schema_of(thing)).iter_errors(thing)
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_object_is_valid_for_kubernetes(folder: str) -> None:
    assert objects(folder)
    assert complaints(objects(folder)) == []


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("maxUnavailable: 0", "maxUnavailable: [0]"), ("replicas: 1", "replica: 1"), ("port: 7070", "port: 'x'")],
)
def test_an_invalid_object_is_found(was: str, becomes: str) -> None:
    both = rendered.text("overlays/dev") + "---\n" + rendered.text("overlays/prod")
    assert was in both

    found = complaints(yaml.safe_load_all(both.replace(was, becomes)))

    assert found


def test_schemas_are_kept_for_the_kinds_in_use_and_no_others() -> None:
    used = {schema_of(thing) for folder in FOLDERS for thing in objects(folder)}
    assert {path.stem for path in SCHEMAS.glob("*.json")} == used


def test_generated_files_are_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manifests", str(tmp_path)])

    manifests.main()

    made = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    stale = [str(name) for name, text in made.items() if (DEPLOY / name).read_text() != text]
    assert not stale, f"run scripts/manifests: {stale}"
    left = {path.relative_to(DEPLOY) for path in (K8S / "contexts").iterdir()} - set(made)
    assert not left, f"generated once, but no longer: {left}"


@pytest.mark.parametrize("folder", ["overlays/prod", "migrate"])
def test_every_context_runs_and_no_other(folder: str) -> None:
    told = {tuple(container(thing)["args"]) for thing in of_kind(folder, "Deployment", "Job")}
    program = "services.migrate" if folder == "migrate" else "services.serve"
    assert told == {(program, context) for context in CONTEXTS}


def test_a_first_installation_says_that_its_databases_are_new() -> None:
    told = {tuple(container(thing)["args"]) for thing in of_kind("first", "Job")}
    assert told == {("services.migrate", context, "--new") for context in CONTEXTS}


def test_the_dev_overlay_runs_the_whole_platform_in_one_pod() -> None:
    (platform,) = of_kind("overlays/dev", "Deployment", "StatefulSet")
    assert container(platform)["args"] == ["services.up"]
    assert not of_kind("overlays/dev", "HorizontalPodAutoscaler")
    assert platform["spec"]["replicas"] == 1
    assert platform["kind"] == "StatefulSet" or platform["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_object_is_named_after_an_unknown_context(folder: str) -> None:
    known = {*CONTEXTS, *(f"migrate-{context}" for context in CONTEXTS), "eventhub"}
    odd = [
        f"{named(thing)}: {value}"
        for thing in objects(folder)
        for key, value in strings(thing)
        if key == "app.kubernetes.io/name" and value not in known
    ]
    assert not odd


def test_one_image_runs_everywhere_and_it_is_this_version() -> None:
    used = {container(thing)["image"] for _, thing in workloads()}
    assert used == {f"registry.example/eventhub:{VERSION}"}
    assert (ROOT / "deploy" / "compose.yaml").read_text().count(f"image: eventhub:{VERSION}\n") == 1
    assert f"--tag eventhub:{VERSION} " in (ROOT / "deploy" / "Dockerfile").read_text()
    said = [path.name for path in K8S.rglob("*.yaml") if f"newTag: {VERSION}" in path.read_text()]
    assert said == ["kustomization.yaml"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_everything_lies_in_one_namespace_which_is_restricted(folder: str) -> None:
    wanted = "eventhub-dev" if folder == "overlays/dev" else "eventhub"
    spaces = [thing for thing in objects(folder) if thing["kind"] == "Namespace"]
    assert {thing["metadata"].get("namespace") for thing in objects(folder) if thing not in spaces} == {wanted}
    for space in spaces:
        assert space["metadata"]["name"] == wanted
        labels = space["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_secret_is_written_down(folder: str) -> None:
    assert not of_kind(folder, "Secret")
    odd = [f"{named(thing)}: {key}" for thing in objects(folder) for key, value in strings(thing) if shown(key, value)]
    assert not odd


def shown(key: str, value: str) -> bool:
    """Tells whether a text is a secret, or its name suggests one."""
    return bool(SECRET_VALUE.search(value) or SECRET_NAME.search(value if key == "name" else key))


def strings(thing: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yields every text of an object with the name of its field."""
    if isinstance(thing, dict):
        for inner, part in thing.items():
            yield from strings(part, inner)
    elif isinstance(thing, list):
        for part in thing:
            yield from strings(part, key)
    elif isinstance(thing, str):
        yield key, thing
