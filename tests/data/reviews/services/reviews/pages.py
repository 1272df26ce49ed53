"""The ratings of events over HTTP: GET /rating/<event id>."""

from services.kit.db import Database
from services.kit.process import Answer, Request, Route
from services.reviews import store


def routes(database: Database) -> list[Route]:
    """The route that shows ratings."""

    async def show(request: Request) -> Answer:
        reviews, stars = await database.read(store.rating, request.rest)
        return Answer(
            200, {"Content-Type": "text/plain; charset=utf-8"}, f"{stars} stars in {reviews} reviews\n".encode()
        )

    return [Route("GET", "/rating/", show)]
