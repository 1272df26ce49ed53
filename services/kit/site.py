"""What a process answers over HTTP: the few routes of its contexts."""

from collections.abc import Iterable

from aiohttp import web

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
