"""reviews beside a fake orders, and in the platform in one process."""

from pathlib import Path

import aiohttp

from eventhub import contract
from eventhub.client import EventHub, new_id
from eventhub.orders.v1.orders_events_pb2 import OrderPaid
from eventhub.orders.v1.orders_pb2 import Order
from eventhub.refusals import EventNotFound
from eventhub.reviews.v1.reviews_events_pb2 import ReviewWritten
from eventhub.reviews.v1.reviews_service_pb2 import FeedRequest, GetRatingRequest, WriteReviewRequest
from eventhub.reviews.v1.reviews_service_pb2_grpc import ReviewsMeshStub
from services.reviews.wiring import build
from tests.fakes.orders import FakeOrders
from tests.mesh.platform_process import platform_process
from tests.mesh.show import come, hold, open_show, pay
from tests.stage import Stage, outcome, until


def review(event_id: str, stars: int = 5) -> WriteReviewRequest:
    return WriteReviewRequest(review_id=new_id("rev"), event_id=event_id, stars=stars)


async def test_buyers_of_paid_orders_review_and_other_contexts_ask_and_follow(stage: Stage) -> None:
    orders = FakeOrders()
    stage.script("orders", OrdersMesh=orders)
    await stage.add(build)
    await stage.start()
    ana, rui = stage.buyer("gst_ana"), stage.buyer("gst_rui")
    request = review("evt_show")

    order = Order(order_id="ord_1", event_id="evt_show", organizer_id="org_casa", buyer_id="gst_ana")
    orders.tell(OrderPaid(order=order))

    async def written() -> bool:
        return await outcome(ana.reviews.WriteReview(request)) == "done"

    await until(written)
    assert await written(), "a repeat changes nothing"
    assert await outcome(rui.reviews.WriteReview(review("evt_show"))) == EventNotFound.reason
    rating = await ReviewsMeshStub(stage.channel("catalog")).GetRating(GetRatingRequest(event_id="evt_show"))
    assert (rating.reviews, rating.stars) == (1, 5)
    assert await outcome(ReviewsMeshStub(stage.channel("pricing")).GetRating(GetRatingRequest(event_id="x"))) != "done"
    feed = ReviewsMeshStub(stage.channel("notifications")).Feed(FeedRequest(consumer="notifications"))
    (fact,) = (await anext(aiter(feed))).batch.facts
    assert fact.type == ReviewWritten.DESCRIPTOR.full_name
    assert contract.feed_of("reviews").context == "reviews"


async def test_the_platform_serves_it_to_a_buyer(tmp_path: Path) -> None:
    with platform_process(tmp_path) as platform:
        async with EventHub(platform.address) as hub, aiohttp.ClientSession() as web:
            show = await open_show(hub)
            await come(hub)
            await pay(hub, await hold(hub, show))

            async def written() -> bool:
                return await outcome(hub.reviews.WriteReview(review(show.event_id, stars=4))) == "done"

            await until(written)
            async with web.get(f"{platform.http}/rating/{show.event_id}") as page:
                assert await page.text() == "4 stars in 1 reviews\n"
