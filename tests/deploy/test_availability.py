"""High availability: replicas, budgets, rollouts, the placement of pods, and the connections a database can serve."""

import pytest

from services.kit.values.database_url import POOL_MAX
from tests.deploy.rendered import CONTEXTS, Object, by_name, named, of_kind, pod, pod_labels, selects

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
    (cluster,) = of_kind("database", "Cluster")
    assert {spec["cluster"]["name"] for spec in databases.values()} == {cluster["metadata"]["name"]}
    assert all(spec["databaseReclaimPolicy"] == "retain" for spec in databases.values())
    roles = {role["name"]: role["passwordSecret"]["name"] for role in cluster["spec"]["managed"]["roles"]}
    assert roles == {context: f"database-{context}" for context in CONTEXTS}
    assert ":16." in cluster["spec"]["imageName"]


def test_the_database_accepts_every_pool_at_its_largest() -> None:
    (cluster,) = of_kind("database", "Cluster")
    (most,) = {scaler["spec"]["maxReplicas"] for scaler in of_kind(PROD, "HorizontalPodAutoscaler")}
    surge = 1
    needed = (most + surge) * len(of_kind("database", "Database")) * POOL_MAX
    assert int(cluster["spec"]["postgresql"]["parameters"]["max_connections"]) > needed
