"""Allowed traffic: Services, routes, certificates and policies, compared with the contract."""

import ipaddress
import re
from datetime import timedelta
from itertools import product

import pytest

from eventhub import contract
from scripts import clusters
from scripts.extras import extras_of
from services.identity import jwks
from services.kit.rpc import health, reflection
from tests.deploy.rendered import (
    CONTEXTS,
    FOLDERS,
    PORTS,
    ROUTED,
    Object,
    by_name,
    cluster_of,
    container,
    named,
    of_kind,
    pod_labels,
    selects,
    settings,
    workloads,
)

PROD = "overlays/prod"
HOURS = re.compile(r"(\d+)h")
MESH_SERVICE = re.compile(r"dns:///\{context\}:(\d+)")
SPACE = "kubernetes.io/metadata.name"
GATEWAY, MONITORING = {SPACE: "envoy-gateway-system"}, {SPACE: "monitoring"}


def deployed() -> dict[str, Object]:
    """Returns the contexts' Deployments by name."""
    return by_name(PROD, "Deployment")


def rules(folder: str, labels: dict[str, str], direction: str) -> list[Object]:
    """Returns every rule for pods with these labels, for "ingress" or "egress"."""
    return [
        rule
        for policy in of_kind(folder, "NetworkPolicy")
        if selects(labels, policy["spec"]["podSelector"]) and direction.capitalize() in policy["spec"]["policyTypes"]
        for rule in policy["spec"].get(direction, ())
    ]


def open_to(rule: Object, side: str, port: int, other: dict[str, str]) -> bool:
    """Tells whether a rule allows traffic to or from pods with these labels in the same namespace."""
    if rule.get("ports") and port not in {allowed["port"] for allowed in rule["ports"]}:
        return False
    peers = rule.get(side)
    return not peers or any(
        "podSelector" in peer and "namespaceSelector" not in peer and selects(other, peer["podSelector"])
        for peer in peers
    )


def peers_on(labels: dict[str, str], direction: str, port: int) -> list[Object]:
    """Returns all peers of the rules for a port; an empty peer means any."""
    side = "from" if direction == "ingress" else "to"
    found = []
    for rule in rules(PROD, labels, direction):
        if port in {allowed["port"] for allowed in rule["ports"]}:
            found += rule.get(side, [{}])
    return found


@pytest.mark.parametrize("folder", [folder for folder in FOLDERS if folder in ("base", "overlays/dev", PROD)])
def test_all_traffic_is_refused_by_default(folder: str) -> None:
    denied = by_name(folder, "NetworkPolicy")["deny-all"]["spec"]
    assert denied == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_contexts_reach_each_other_along_the_call_graph_and_no_other_way() -> None:
    labels = {name: pod_labels(thing) for name, thing in deployed().items()}
    leaves, arrives = set(), set()
    for caller, callee in product(CONTEXTS, CONTEXTS):
        out = rules(PROD, labels[caller], "egress")
        into = rules(PROD, labels[callee], "ingress")
        if any(open_to(rule, "to", PORTS["mesh"], labels[callee]) for rule in out):
            leaves.add((caller, callee))
        if any(open_to(rule, "from", PORTS["mesh"], labels[caller]) for rule in into):
            arrives.add((caller, callee))
    assert leaves == contract.edges()
    assert arrives == contract.edges()


def test_a_context_reaches_no_port_of_another_but_the_one_for_neighbours() -> None:
    labels = {name: pod_labels(thing) for name, thing in deployed().items()}
    ports = [port for name, port in PORTS.items() if name not in ("mesh", "health")]
    odd = [
        (caller, callee, port)
        for caller, callee, port in product(CONTEXTS, CONTEXTS, ports)
        if any(open_to(rule, "from", port, labels[caller]) for rule in rules(PROD, labels[callee], "ingress"))
    ]
    assert not odd


@pytest.mark.parametrize("context", CONTEXTS)
def test_each_port_is_open_only_to_its_callers(context: str) -> None:
    labels = pod_labels(deployed()[context])
    assert peers_on(labels, "ingress", PORTS["public"]) == [{"namespaceSelector": {"matchLabels": GATEWAY}}]
    assert peers_on(labels, "ingress", PORTS["metrics"]) == [{"namespaceSelector": {"matchLabels": MONITORING}}]
    assert peers_on(labels, "ingress", PORTS["health"]) == [{}], "nodes have no labels"
    links = peers_on(labels, "ingress", PORTS["http"])
    assert links == ([{"namespaceSelector": {"matchLabels": GATEWAY}}] if context in ROUTED else [])
    allowed = {port["port"] for rule in rules(PROD, labels, "ingress") for port in rule["ports"]}
    assert allowed <= set(PORTS.values())


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_may_only_connect_to_known_addresses(context: str) -> None:
    out = rules(PROD, pod_labels(deployed()[context]), "egress")
    ports = {(port["protocol"], port["port"]) for rule in out for port in rule["ports"]}
    wanted = {("UDP", 53), ("TCP", 53), ("TCP", 5432)}
    wanted |= {("TCP", PORTS["mesh"])} if any(caller == context for caller, _ in contract.edges()) else set()
    wanted |= {("TCP", 587)} if context == "notifications" else set()
    wanted |= {("TCP", 443)} if context == "payments" else set()
    assert ports == wanted


def test_providers_are_outside() -> None:
    (peer,) = peers_on(pod_labels(deployed()["payments"]), "egress", 443)
    inside = {ipaddress.ip_network(cidr) for cidr in peer["ipBlock"]["except"]}
    for address in ("10.96.0.1", "172.20.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1"):
        assert any(ipaddress.ip_address(address) in network for network in inside), address


def test_migrations_reach_their_database_and_nothing_else() -> None:
    for job in of_kind("migrate", "Job"):
        out = rules("migrate", pod_labels(job), "egress")
        assert [port["port"] for rule in out for port in rule["ports"]] == [5432], named(job)


def instances(cluster: str) -> dict[str, str]:
    """Returns the labels that CloudNativePG gives to a cluster's instances."""
    return {"cnpg.io/cluster": cluster, "cnpg.io/podRole": "instance"}


def poolers(cluster: str) -> dict[str, str]:
    """Returns the labels that CloudNativePG gives to the pods of a cluster's pooler."""
    return {"cnpg.io/cluster": cluster, "cnpg.io/podRole": "pooler", "cnpg.io/poolerName": f"{cluster}-pooler"}


CLUSTERS = sorted({clusters.cluster_of(context) for context in CONTEXTS})


def reached(folder: str, labels: dict[str, str]) -> set[tuple[str, str]]:
    """Returns (cluster, "instance" or "pooler") for each that pods of a folder may connect to, by both policies."""
    return {
        (cluster, kind["cnpg.io/podRole"])
        for cluster in CLUSTERS
        for kind in (instances(cluster), poolers(cluster))
        if any(open_to(rule, "to", 5432, kind) for rule in rules(folder, labels, "egress"))
        and any(open_to(rule, "from", 5432, labels) for rule in rules("database", kind, "ingress"))
    }


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_context_reaches_its_own_pooler_and_replicas_only_if_it_reads_from_them(context: str) -> None:
    behind = {(cluster_of(context), "instance")} if extras_of(context).reads_behind else set()
    assert reached(PROD, pod_labels(deployed()[context])) == {(cluster_of(context), "pooler")} | behind


@pytest.mark.parametrize("context", CONTEXTS)
def test_a_migration_reaches_its_own_database_without_a_pooler(context: str) -> None:
    job = by_name("migrate", "Job")[f"migrate-{context}"]
    assert reached("migrate", pod_labels(job)) == {(cluster_of(context), "instance")}


@pytest.mark.parametrize("one", CLUSTERS)
def test_instances_are_reached_by_their_own_cluster_alone(one: str) -> None:
    for other in CLUSTERS:
        for kind in (instances, poolers):
            there = any(open_to(rule, "to", 5432, instances(one)) for rule in rules("database", kind(other), "egress"))
            here = any(
                open_to(rule, "from", 5432, kind(other)) for rule in rules("database", instances(one), "ingress")
            )
            assert there == here == (one == other)


@pytest.mark.parametrize("folder", ["overlays/dev", PROD])
def test_services_find_pods_and_ports(folder: str) -> None:
    for service in of_kind(folder, "Service"):
        spec = service["spec"]
        found = [
            thing
            for thing in of_kind(folder, "Deployment", "StatefulSet")
            if selects(pod_labels(thing), {"matchLabels": spec["selector"]})
        ]
        assert len(found) == 1, named(service)
        listened = {port["name"]: port["containerPort"] for port in container(found[0])["ports"]}
        for port in spec["ports"]:
            assert listened[port["targetPort"]] == port["port"] == PORTS[port["name"]]


def test_every_neighbour_that_is_called_is_found_under_its_name() -> None:
    port = MESH_SERVICE.fullmatch(settings(PROD)["EVENTHUB_NEIGHBOURS"])
    assert port, "targets name a Service in the same namespace"
    services = by_name(PROD, "Service")
    for context in CONTEXTS:
        spec = services[context]["spec"]
        assert spec["clusterIP"] == "None", "a client must see all replicas"
        assert [told["port"] for told in spec["ports"]] == [int(port[1])]
        assert selects(pod_labels(deployed()[context]), {"matchLabels": spec["selector"]})


def test_public_services_but_the_sandboxs_are_routed_and_no_others() -> None:
    public = {(rpc.service, rpc.context) for rpc in contract.by_path().values() if not rpc.internal}
    routed = set()
    for route in of_kind(PROD, "GRPCRoute"):
        (rule,) = route["spec"]["rules"]
        (match,), (backend,) = rule["matches"], rule["backendRefs"]
        service = by_name(PROD, "Service")[backend["name"]]["spec"]
        assert backend["port"] == PORTS["public"]
        assert service["ports"][0]["appProtocol"] == "kubernetes.io/h2c"
        assert match["method"]["type"] == "Exact"
        routed.add((match["method"]["service"], service["selector"]["app.kubernetes.io/name"]))
    told = {(method.service, "catalog") for method in (*health.METHODS, *reflection.METHODS)}
    assert routed == (public | told) - {("eventhub.payments.v1.SandboxService", "payments")}
    assert not [service for service, _ in routed if service.endswith("Mesh")]


def test_routes_belong_to_listeners_and_links_lead_to_the_public_url() -> None:
    (gateway,) = of_kind(PROD, "Gateway")
    listeners = {listener["name"]: listener for listener in gateway["spec"]["listeners"]}
    for route in of_kind(PROD, "GRPCRoute", "HTTPRoute"):
        (parent,) = route["spec"]["parentRefs"]
        assert parent["name"] == gateway["metadata"]["name"]
        taken = listeners[parent["sectionName"]]["allowedRoutes"]["kinds"]
        assert {"kind": route["kind"]} in taken, named(route)
    (links,) = of_kind(PROD, "HTTPRoute")
    paths = {
        "catalog": {"type": "PathPrefix", "value": "/plans"},
        "identity": {"type": "Exact", "value": jwks.PATH},
        "ticketing": {"type": "PathPrefix", "value": "/join"},
    }
    leads = {rule["backendRefs"][0]["name"].removesuffix("-public"): rule for rule in links["spec"]["rules"]}
    assert set(leads) == ROUTED
    for context, path in paths.items():
        backend = {"name": f"{context}-public", "port": PORTS["http"]}
        assert leads[context] == {"matches": [{"path": path}], "backendRefs": [backend]}
    assert settings(PROD)["EVENTHUB_PUBLIC_URL"] == f"https://{listeners['links']['hostname']}"


def test_certificates_name_their_context_and_are_renewed_within_a_day() -> None:
    certificates = by_name(PROD, "Certificate")
    issuers = by_name(PROD, "Issuer")
    for context in CONTEXTS:
        spec = certificates[context]["spec"]
        assert spec["uris"] == [f"spiffe://eventhub/{context}"]
        assert spec["dnsNames"] == [context]
        assert spec["secretName"] == f"mesh-{context}"
        assert spec["privateKey"]["rotationPolicy"] == "Always"
        assert {"client auth", "server auth"} <= set(spec["usages"])
        lasts, before = hours(spec["duration"]), hours(spec["renewBefore"])
        assert timedelta(0) < lasts - before <= timedelta(hours=24)
        authority = issuers[spec["issuerRef"]["name"]]["spec"]["ca"]["secretName"]
        (signer,) = [one for one in certificates.values() if one["spec"]["secretName"] == authority]
        assert signer["spec"]["isCA"] is True
        assert issuers[signer["spec"]["issuerRef"]["name"]]["spec"] == {"selfSigned": {}}
    assert set(certificates) == {*CONTEXTS, "mesh-ca"}


def hours(text: str) -> timedelta:
    """Parses a duration of the manifests."""
    found = HOURS.fullmatch(text)
    assert found, text
    return timedelta(hours=int(found[1]))


def test_policies_name_pods_that_exist() -> None:
    ours = [pod_labels(thing) for _, thing in workloads()]
    every_pod = [*ours, *(labels(cluster) for cluster in CLUSTERS for labels in (instances, poolers))]
    for policy in (policy for folder in FOLDERS for policy in of_kind(folder, "NetworkPolicy")):
        assert any(selects(labels, policy["spec"]["podSelector"]) for labels in every_pod), named(policy)
