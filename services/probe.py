"""Asks a process on this machine for its health: python -m services.probe [readiness|liveness] [--port PORT].

Exits with 0 if the process is healthy. compose runs this as its health check; Kubernetes asks gRPC health by itself.
"""

import argparse
import sys
from typing import Any

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from services.kit.rpc import LIVENESS, READINESS
from services.kit.values import config

PATIENCE_S = 2.0


def main() -> None:
    """Exits with 0, or with 1 and a line that names the problem."""
    parser = argparse.ArgumentParser(prog="probe", description="Asks an EventHub process for its health.")
    parser.add_argument("service", nargs="?", default=READINESS, choices=(READINESS, LIVENESS))
    parser.add_argument("--port", type=int, help="its health port")
    given = parser.parse_args()
    try:
        port = given.port or config.from_environment().health_port
    except config.BadSetting as odd:
        sys.exit(f"probe: {odd}")
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        health: Any = HealthStub(channel)
        try:
            answer = health.Check(HealthCheckRequest(service=given.service), timeout=PATIENCE_S)
        except grpc.RpcError as error:
            sys.exit(f"probe: port {port} does not answer: {error.code().name}")
    if answer.status != HealthCheckResponse.SERVING:
        sys.exit(f"probe: {given.service} is {HealthCheckResponse.ServingStatus.Name(answer.status)}")


if __name__ == "__main__":
    main()
