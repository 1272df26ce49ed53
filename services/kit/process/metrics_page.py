"""The page that Prometheus reads."""

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from services.kit.process.route import Answer, Route


def metrics_page(registry: CollectorRegistry) -> Route:
    """The figures for Prometheus: GET /metrics. Written in a thread: calls go on meanwhile."""

    async def answer(_: str) -> Answer:
        return Answer(200, {"Content-Type": CONTENT_TYPE_LATEST}, await asyncio.to_thread(generate_latest, registry))

    return Route("GET", "/metrics", answer)
