"""The contract as values: every RPC with its rules, read from the generated descriptors."""

import json
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.protobuf.message import Message

import eventhub
from eventhub.common.v1 import options_pb2
from eventhub.common.v1.options_pb2 import Access, Rules

# The generated module of each file with services, found in the package: eventhub.orders.v1.orders_service_pb2.
FILES = tuple(
    import_module(f"eventhub.{context}.v1.{name}")
    for context, name in sorted(
        (found.parent.parent.name, found.stem)
        for folder in eventhub.__path__
        for found in Path(folder).glob("*/v1/*_service_pb2.py")
    )
)
# The caller's name for questions about keys and revocations, in the process that contains identity.
EDGE = "edge"

# The seconds that a call of each deadline class may take; None: until its caller stops listening.
DEADLINE_S: dict[int, float | None] = {
    options_pb2.DEADLINE_FAST: 2.0,
    options_pb2.DEADLINE_INTERACTIVE: 10.0,
    options_pb2.DEADLINE_BULK: 60.0,
    options_pb2.DEADLINE_WATCH: None,
}


class Kind(Enum):
    """The four kinds of RPC: unary or streaming on each side."""

    UNARY = "unary_unary"
    SERVER_STREAM = "unary_stream"
    CLIENT_STREAM = "stream_unary"
    BOTH_STREAM = "stream_stream"


class Link(StrEnum):
    """The strongest reason of a context to call another: it waits for answers, it follows facts, or its process asks
    for keys and revocations."""

    ANSWERS = "answers"
    FACTS = "facts"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One RPC. path: "/eventhub.orders.v1.OrdersService/Checkout". context: "orders". access: the kinds of caller it
    serves. deadline_s: the longest time a call may take, in seconds; None for watches."""

    path: str
    name: str
    service: str
    context: str
    kind: Kind
    rules: Rules
    repeatable: bool
    request: type[Message]
    response: type[Message]
    access: frozenset[Access.ValueType] = field(init=False)
    deadline_s: float | None = field(init=False)

    def __post_init__(self) -> None:
        """Computes from the rules the values that every call reads."""
        object.__setattr__(self, "access", frozenset(self.rules.access))
        object.__setattr__(self, "deadline_s", DEADLINE_S[self.rules.deadline])

    @property
    def internal(self) -> bool:
        """Tells whether only contexts call it."""
        return options_pb2.ACCESS_INTERNAL in self.access


def method(descriptor: MethodDescriptor, rules: Rules | None = None) -> Method:
    """Returns the RPC of a descriptor. rules: for services of other packages, which state none. Raises ValueError if a
    rule is missing."""
    rules = rules or descriptor.GetOptions().Extensions[options_pb2.rules]
    if not (rules.access and rules.deadline and rules.shedding):
        raise ValueError(f"{descriptor.full_name} must state access, deadline and shedding")
    if options_pb2.ACCESS_INTERNAL in rules.access and not rules.callers:
        raise ValueError(f"{descriptor.full_name} is internal and must state its callers")
    service = descriptor.containing_service
    streams = descriptor.client_streaming, descriptor.server_streaming
    kinds = {
        (False, False): Kind.UNARY,
        (False, True): Kind.SERVER_STREAM,
        (True, False): Kind.CLIENT_STREAM,
        (True, True): Kind.BOTH_STREAM,
    }
    return Method(
        path=f"/{service.full_name}/{descriptor.name}",
        name=descriptor.name,
        service=service.full_name,
        context=service.full_name.split(".")[1],
        kind=kinds[streams],
        rules=rules,
        repeatable=descriptor.GetOptions().idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN,
        request=message_factory.GetMessageClass(descriptor.input_type),
        response=message_factory.GetMessageClass(descriptor.output_type),
    )


@cache
def methods(service: ServiceDescriptor) -> tuple[Method, ...]:
    """Returns the RPCs of a service."""
    return tuple(method(descriptor) for descriptor in service.methods)


@cache
def services() -> tuple[ServiceDescriptor, ...]:
    """Returns every service of the contract, public and internal."""
    return tuple(service for file in FILES for service in file.DESCRIPTOR.services_by_name.values())


@cache
def by_path() -> dict[str, Method]:
    """Returns every RPC by its path."""
    return {rpc.path: rpc for service in services() for rpc in methods(service)}


@cache
def feed_of(context: str) -> Method:
    """Returns the RPC that feeds a context's facts to other contexts. Raises KeyError if it has none."""
    feeds = {rpc.context: rpc for rpc in by_path().values() if rpc.name == "Feed"}
    return feeds[context]


@cache
def facts_of(context: str) -> frozenset[str]:
    """Returns the full names of the facts that a context announces: the messages of its <context>_events.proto."""
    service = feed_of(context).request.DESCRIPTOR.file
    events = service.pool.FindFileByName(service.name.replace("_service.proto", "_events.proto"))
    return frozenset(fact.full_name for fact in events.message_types_by_name.values())


@cache
def contexts() -> tuple[str, ...]:
    """Returns the names of all contexts, sorted."""
    return tuple(sorted({rpc.context for rpc in by_path().values()}))


@cache
def links() -> dict[tuple[str, str], Link]:
    """Returns the call graph of contexts by (caller, callee): the calls that the rules allow, and each context's call
    to identity for the keys that verify tokens. Calls within one context are left out."""
    found = {(context, "identity"): Link.TOKENS for context in contexts() if context != "identity"}
    for rpc in by_path().values():
        for caller in () if EDGE in rpc.rules.callers else rpc.rules.callers:
            pair = caller, rpc.context
            if rpc.name != "Feed":
                found[pair] = Link.ANSWERS
            elif found.get(pair) is not Link.ANSWERS:
                found[pair] = Link.FACTS
    return found


@cache
def edges() -> frozenset[tuple[str, str]]:
    """Returns the call graph of contexts as (caller, callee) pairs."""
    return frozenset(links())


RETRIES = {
    "maxAttempts": 4,
    "initialBackoff": "0.1s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    # A server with too many waiting calls cancels some before they begin.
    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
}
# Retries cannot pile up: a failure costs one token, and a success earns a tenth of one.
THROTTLING = {"maxTokens": 10, "tokenRatio": 0.1}
# Calls go to the replicas in turn, but not to one that reports that it is not serving.
BALANCING = {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": "readiness"}}


def called(rpc: Method) -> dict[str, str]:
    """Returns the name of an RPC in a gRPC service config."""
    return {"service": rpc.service, "method": rpc.name}


def retried(rpc: Method) -> bool:
    """Tells whether gRPC may repeat a failed call: the RPC is unary, and a repeat does no harm."""
    return rpc.repeatable and rpc.kind is Kind.UNARY


def service_config() -> dict[str, Any]:
    """Returns the gRPC service config of the contract, without deadlines. eventhub.channel sets them on each call: gRPC
    measures a timeout in the config by another clock, and such calls ended up to 2 s early.

    All RPCs that are retried share one entry: gRPC reads the config for each channel, which took most of the time to
    open one while each RPC had its own entry."""
    rpcs = by_path().values()
    once = {"name": [called(rpc) for rpc in rpcs if not retried(rpc)]}
    again = {"name": [called(rpc) for rpc in rpcs if retried(rpc)], "retryPolicy": dict(RETRIES)}
    return {"methodConfig": [once, again], "retryThrottling": THROTTLING}


@cache
def service_config_json(*, balanced: bool = False) -> str:
    """Returns the service config as the text that gRPC takes. balanced: whether the target may be several replicas."""
    return json.dumps(service_config() | (BALANCING if balanced else {}))


def public_service_config() -> dict[str, Any]:
    """Returns the config for clients in other languages, written to service_config.json: public RPCs only, with
    deadlines."""
    configs: list[dict[str, Any]] = []
    for rpc in by_path().values():
        if not rpc.internal:
            repeats = {"retryPolicy": dict(RETRIES)} if retried(rpc) else {}
            timeout = {} if rpc.deadline_s is None else {"timeout": f"{rpc.deadline_s:g}s"}
            configs.append({"name": [called(rpc)], **repeats, **timeout})
    return {"methodConfig": configs, "retryThrottling": THROTTLING, **BALANCING}
