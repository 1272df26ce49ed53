"""Generates the part of deploy/k8s/database that follows from the contract: CloudNativePG's clusters, the databases and
roles in them, a PgBouncer in front of each, and the policies for their connections.

A context whose EXTRAS say so has a cluster of its own, database-<context>; all others share the cluster `database`.
Sizes are not here but in the patches cluster.yaml and pooler.yaml.
"""

from collections.abc import Iterable
from typing import Any

from scripts.extras import extras_of
from services.kit.db import schemas

SHARED = "database"
API = "postgresql.cnpg.io/v1"
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
# Labels that CloudNativePG gives to its pods.
CLUSTER, ROLE, POOLER = "cnpg.io/cluster", "cnpg.io/podRole", "cnpg.io/poolerName"
POSTGRES_PORT, STATUS_PORT, METRICS_PORT = 5432, 8000, 9127
API_PORTS = (443, 6443)

Object = dict[str, Any]


def cluster_of(context: str) -> str:
    """Returns the name of the cluster with a context's databases."""
    return f"{SHARED}-{context}" if extras_of(context).own_cluster else SHARED


def pooler_of(cluster: str) -> str:
    """Returns the name of the PgBouncer in front of a cluster, which is also its host name."""
    return f"{cluster}-pooler"


def files(contexts: Iterable[str]) -> dict[str, list[Object]]:
    """Returns the objects of each generated file in deploy/k8s/database, by its name."""
    owners: dict[str, list[str]] = {SHARED: []}
    for context in contexts:
        owners.setdefault(cluster_of(context), []).append(context)
    every = [context for own in owners.values() for context in own]
    return {
        "clusters.yaml": [cluster(name, own) for name, own in owners.items()],
        "databases.yaml": [database(name, owner) for owner in every for name in sorted(schemas(owner))],
        "poolers.yaml": [thing for name in owners for thing in (pooler(name), budget(name))],
        "policies.yaml": [thing for name, own in owners.items() for thing in (policy(name, own), front(name, own))],
    }


def named(version: str, kind: str, name: str, spec: Object) -> Object:
    """Returns an object."""
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def cluster(name: str, owners: list[str]) -> Object:
    """Returns a cluster: one login role for each context, with the password from its Secret. Its certificate names the
    pooler too, which shows the same certificate to clients."""
    roles = [
        {"name": owner, "ensure": "present", "login": True, "passwordSecret": {"name": f"database-{owner}"}}
        for owner in owners
    ]
    names = {"serverAltDNSNames": [pooler_of(name)]}
    return named(API, "Cluster", name, {"certificates": names, "managed": {"roles": roles}})


def database(name: str, owner: str) -> Object:
    """Returns a database in its cluster."""
    spec = {"cluster": {"name": cluster_of(owner)}, "name": name, "owner": owner, "databaseReclaimPolicy": "retain"}
    return named(API, "Database", name, spec)


def pooler(cluster: str) -> Object:
    """Returns the PgBouncer in front of a cluster's primary. Its pods run on several nodes if they can."""
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {POOLER: pooler_of(cluster)}},
    }
    template = {"spec": {"containers": [], "topologySpreadConstraints": [spread]}}
    spec = {"cluster": {"name": cluster}, "type": "rw", "template": template}
    return named(API, "Pooler", pooler_of(cluster), spec)


def budget(cluster: str) -> Object:
    """Returns the budget of a pooler's pods. CloudNativePG makes those of the instances."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": {POOLER: pooler_of(cluster)}}}
    return named("policy/v1", "PodDisruptionBudget", pooler_of(cluster), spec)


def policy(cluster: str, owners: list[str]) -> Object:
    """Returns the network policy of a cluster's instances: contexts reach them through the pooler. Migrations and reads
    of replicas reach them without it."""
    peers = [pods({POOLER: pooler_of(cluster)}), pods_named([f"migrate-{owner}" for owner in owners], "migration")]
    behind = [owner for owner in owners if extras_of(owner).reads_behind]
    peers += [pods_named(behind, "context")] if behind else []
    instances = pods(instances_of(cluster))
    # The operator asks instances for their state.
    operator = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cnpg-system"}}}
    ingress = [
        {"from": peers, "ports": ports(POSTGRES_PORT)},
        {"from": [instances, operator], "ports": ports(POSTGRES_PORT, STATUS_PORT)},
    ]
    # The cluster's API, which has no label, tells instances their tasks. Backups leave by the same port.
    egress = [{"to": [instances], "ports": ports(POSTGRES_PORT, STATUS_PORT)}, {"ports": ports(*API_PORTS)}]
    return network_policy(cluster, instances_of(cluster), ingress, egress)


def front(cluster: str, owners: list[str]) -> Object:
    """Returns the network policy of a cluster's pooler."""
    monitoring = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ingress = [
        {"from": [pods_named(owners, "context")], "ports": ports(POSTGRES_PORT)},
        {"from": [monitoring], "ports": ports(METRICS_PORT)},
    ]
    egress = [{"to": [pods(instances_of(cluster))], "ports": ports(POSTGRES_PORT)}, {"ports": ports(*API_PORTS)}]
    return network_policy(pooler_of(cluster), {POOLER: pooler_of(cluster)}, ingress, egress)


def network_policy(name: str, labels: dict[str, str], ingress: list[Object], egress: list[Object]) -> Object:
    """Returns a policy for the pods with these labels."""
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Ingress", "Egress"]}
    return named("networking.k8s.io/v1", "NetworkPolicy", name, {**spec, "ingress": ingress, "egress": egress})


def instances_of(cluster: str) -> dict[str, str]:
    """Returns the labels of a cluster's instances. Its pooler's pods have the cluster's label too."""
    return {CLUSTER: cluster, ROLE: "instance"}


def pods(labels: dict[str, str]) -> Object:
    """Selects pods by their labels in a network policy."""
    return {"podSelector": {"matchLabels": labels}}


def pods_named(names: list[str], component: str) -> Object:
    """Selects pods of ours in a network policy."""
    among = {"key": NAME, "operator": "In", "values": names}
    return {"podSelector": {"matchLabels": {COMPONENT: component}, "matchExpressions": [among]}}


def ports(*numbers: int) -> list[Object]:
    """Returns TCP ports of a network policy."""
    return [{"protocol": "TCP", "port": number} for number in numbers]
