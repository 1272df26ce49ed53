"""The page /metrics for Prometheus."""

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from services.kit.process.route import Answer, Request, Route


def metrics_page(registry: CollectorRegistry) -> Route:
    """The route GET /metrics. The page is formatted in a thread, so that calls go on meanwhile."""

    async def answer(_: Request) -> Answer:
        return Answer(200, {"Content-Type": CONTENT_TYPE_LATEST}, await asyncio.to_thread(generate_latest, registry))

    return Route("GET", "/metrics", answer)
