"""High availability: replicas, budgets, rollouts, the placement of pods, and the connections a database can serve."""

import pytest

from scripts import clusters
from scripts.extras import extras_of
from services.kit.db.database import Mode
from services.kit.db.postgres import STATEMENTS_CACHED
from services.kit.db.postgres_kinds import KINDS
from services.kit.values.database_url import POOL_MAX
from tests.deploy.rendered import CONTEXTS, Object, by_name, cluster_of, named, of_kind, pod, pod_labels, selects

PROD = "overlays/prod"


@pytest.mark.parametrize("context", CONTEXTS)
def test_each_context_has_two_replicas_or_more_and_loses_one_at_a_time(context: str) -> None:
    scaled = by_name(PROD, "HorizontalPodAutoscaler")[context]["spec"]
    budget = by_name(PROD, "PodDisruptionBudget")[context]["spec"]
    deployment = by_name(PROD, "Deployment")[context]

    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": context}
    assert 2 <= scaled["minReplicas"] < scaled["maxReplicas"]
    assert "replicas" not in deployment["spec"], "a rollout would undo the autoscaler's decision"
    assert budget["maxUnavailable"] == 1
    assert "minAvailable" not in budget
    assert selects(pod_labels(deployment), budget["selector"])
    assert deployment["spec"]["selector"]["matchLabels"].items() <= pod_labels(deployment).items()


def test_selectors_do_not_take_in_each_others_pods() -> None:
    deployments = of_kind(PROD, "Deployment")
    for one in deployments:
        taken = [named(other) for other in deployments if selects(pod_labels(other), one["spec"]["selector"])]
        assert taken == [named(one)]


def test_rollouts_start_a_new_pod_before_an_old_one_ends() -> None:
    for deployment in of_kind(PROD, "Deployment"):
        rolling = deployment["spec"]["strategy"]
        assert rolling["type"] == "RollingUpdate"
        assert rolling["rollingUpdate"]["maxUnavailable"] == 0
        assert rolling["rollingUpdate"]["maxSurge"] >= 1


def test_the_autoscaler_removes_pods_slowly() -> None:
    for scaler in of_kind(PROD, "HorizontalPodAutoscaler"):
        down = scaler["spec"]["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 300
        assert [(policy["type"], policy["value"]) for policy in down["policies"]] == [("Pods", 1)]


def test_replicas_of_a_context_are_spread_over_nodes_and_zones() -> None:
    for deployment in of_kind(PROD, "Deployment"):
        spread: dict[str, Object] = {rule["topologyKey"]: rule for rule in pod(deployment)["topologySpreadConstraints"]}
        assert set(spread) == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        for rule in spread.values():
            assert rule["maxSkew"] == 1
            assert selects(pod_labels(deployment), rule["labelSelector"])
            assert {"app.kubernetes.io/name", "pod-template-hash"} <= set(rule["matchLabelKeys"])


def test_every_context_has_its_databases_and_logs_in_as_itself() -> None:
    databases = {thing["spec"]["name"]: thing["spec"] for thing in of_kind("database", "Database")}
    assert set(databases) == {*CONTEXTS, "sandbox"}
    assert {name: spec["owner"] for name, spec in databases.items()} == {
        **{context: context for context in CONTEXTS},
        "sandbox": "payments",
    }
    assert all(spec["databaseReclaimPolicy"] == "retain" for spec in databases.values())
    clusters = by_name("database", "Cluster")
    assert {cluster_of(context) for context in CONTEXTS} == set(clusters)
    for name, cluster in clusters.items():
        owners = {spec["owner"] for spec in databases.values() if spec["cluster"]["name"] == name}
        roles = {role["name"]: role["passwordSecret"]["name"] for role in cluster["spec"]["managed"]["roles"]}
        assert roles == {context: f"database-{context}" for context in owners}


def test_inventory_and_orders_share_their_servers_with_no_other_context() -> None:
    alone = {context for context in CONTEXTS if cluster_of(context) != "database"}
    assert alone == {"inventory", "orders"}
    assert len({cluster_of(context) for context in alone}) == len(alone)


def test_every_cluster_keeps_what_it_has_answered_if_a_machine_is_lost() -> None:
    for cluster in of_kind("database", "Cluster"):
        spec = cluster["spec"]
        assert spec["instances"] == 3
        assert spec["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "required"}
        assert spec["affinity"]["podAntiAffinityType"] == "required"
        assert ":16." in spec["imageName"]


def test_a_pooler_stands_in_front_of_each_cluster() -> None:
    poolers = by_name("database", "Pooler")
    assert {pooler["spec"]["cluster"]["name"]: name for name, pooler in poolers.items()} == {
        cluster: f"{cluster}-pooler" for cluster in by_name("database", "Cluster")
    }
    for name, pooler in poolers.items():
        spec = pooler["spec"]
        assert (spec["type"], spec["pgbouncer"]["poolMode"]) == ("rw", "transaction")
        assert spec["instances"] >= 2
        budget = by_name("database", "PodDisruptionBudget")[name]["spec"]
        assert budget == {"maxUnavailable": 1, "selector": {"matchLabels": {"cnpg.io/poolerName": name}}}
        known = by_name("database", "Cluster")[spec["cluster"]["name"]]["spec"]["certificates"]["serverAltDNSNames"]
        assert known == [name], "clients compare the certificate with the host of their URL"


def test_a_pooler_keeps_every_statement_that_a_process_prepares() -> None:
    for pooler in of_kind("database", "Pooler"):
        parameters = pooler["spec"]["pgbouncer"]["parameters"]
        assert int(parameters["max_prepared_statements"]) >= STATEMENTS_CACHED
        assert int(parameters["query_wait_timeout"]) < KINDS[Mode.WRITE].limit_s


def pods_at_most() -> int:
    """Returns the largest number of pods of a context, with one more while it rolls."""
    (most,) = {scaler["spec"]["maxReplicas"] for scaler in of_kind(PROD, "HorizontalPodAutoscaler")}
    return int(most) + 1


@pytest.mark.parametrize("name", sorted({clusters.cluster_of(context) for context in CONTEXTS}))
def test_a_pooler_accepts_every_pool_at_its_largest_and_its_cluster_every_pooler(name: str) -> None:
    databases = [thing for thing in of_kind("database", "Database") if thing["spec"]["cluster"]["name"] == name]
    (pooler,) = (one["spec"] for one in of_kind("database", "Pooler") if one["spec"]["cluster"]["name"] == name)
    parameters = pooler["pgbouncer"]["parameters"]
    behind = [context for context in CONTEXTS if cluster_of(context) == name and extras_of(context).reads_behind]

    assert int(parameters["max_client_conn"]) > pods_at_most() * len(databases) * POOL_MAX, "one of them may be away"
    pooled = pooler["instances"] * len(databases) * int(parameters["default_pool_size"])
    needed = pooled + pods_at_most() * len(behind) * POOL_MAX
    cluster = by_name("database", "Cluster")[name]["spec"]
    assert int(cluster["postgresql"]["parameters"]["max_connections"]) > needed
