"""What a process answers over HTTP: the few routes of its contexts, and its figures on a port of their own."""

import asyncio
from collections.abc import Iterable

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

BODY_BYTES_MAX = 64 * 1024


class Site:
    """Some routes on a port."""

    def __init__(self, routes: Iterable[web.RouteDef]) -> None:
        """routes: all it answers."""
        application = web.Application(client_max_size=BODY_BYTES_MAX)
        application.add_routes(routes)
        self._runner = web.AppRunner(application, access_log=None)

    async def start(self, host: str, port: int) -> int:
        """Listens. The port: 0 asks for a free one. Raises OSError where it is taken."""
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        found: int = self._runner.addresses[0][1]
        return found

    async def stop(self) -> None:
        """Closes."""
        await self._runner.cleanup()


def figures(registry: CollectorRegistry) -> web.RouteDef:
    """GET /metrics, for Prometheus. Written in a thread: calls go on meanwhile."""

    async def tell(_: web.Request) -> web.Response:
        text = await asyncio.to_thread(generate_latest, registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    return web.get("/metrics", tell)
