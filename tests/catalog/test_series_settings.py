"""Nights and copies of events have all settings of their model."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.common.v1.picture_pb2 import Picture
from eventhub.inventory.v1.inventory_pb2 import ORPHAN_RULE_REFUSE
from tests.catalog.organizer import Organizer, open_organizer
from tests.catalog.requests import HALF, HOUR_S, STARTS_S, an_id
from tests.catalog.test_series import SERIES, add, create, nights, publish
from tests.stage import Stage

DAY_S = 24 * HOUR_S
EVENING_S = STARTS_S - 23 * DAY_S  # 2026-12-01T20:00 in São Paulo
AREAS = [
    nouns.Area(area_id="floor", name="Pista", capacity=10),
    nouns.Area(area_id="box", name="Camarote", capacity=4),
]
DETAILS = nouns.EventDetails(
    pictures=[Picture(url="https://pics.example/elza.jpg", alt="Elza canta")],
    age_rating=nouns.AGE_RATING_14,
    doors_open_before=Duration(seconds=HOUR_S),
    doors_close_after=Duration(seconds=HOUR_S),
    contact=nouns.EventContact(name="Casa", email="casa@example.com", phone="+5511912345678"),
    sales_start_at=Timestamp(seconds=EVENING_S - 3 * DAY_S),
    sales_end_at=Timestamp(seconds=EVENING_S - HOUR_S),
    categories=["Música"],
    tags=["mpb"],
    refund_terms=nouns.RefundTerms(shares=[nouns.RefundShare(hours_before=72, percent=50)], withdrawal_hours_before=24),
)


async def rich_model(organizer: Organizer) -> nouns.Event:
    """A draft with everything that an organizer can set."""
    draft = await organizer.seated(
        areas=AREAS,
        orphan_rule=ORPHAN_RULE_REFUSE,
        details=DETAILS,
        description="Um musical.",
        tickets_per_order_max=7,
    )
    terms = {
        "per_order_min": 2,
        "per_order_max": 6,
        "hidden": True,
        "access_codes": ["CLUBE"],
        "sales_start_at": Timestamp(seconds=EVENING_S - 2 * DAY_S),
        "sales_end_at": Timestamp(seconds=EVENING_S - DAY_S),
        "description": "Com brinde.",
    }
    await organizer.add(draft, seat_categories=["Stalls"], capacity=5, **terms)
    await organizer.add(draft, seat_categories=["VIP"])
    full = await organizer.add(draft, area_id="floor", **terms)
    await organizer.add(draft, kind=HALF, price=None, half_of_ticket_type_id=full.ticket_type_id, area_id="floor")
    return await organizer.world.get(draft.event_id)


def settings(event: nouns.Event) -> nouns.Event:
    """An event without what each night has of its own. Its times of sales are counted from its start."""
    kept = nouns.Event()
    kept.CopyFrom(event)
    places = {each.ticket_type_id: str(n) for n, each in enumerate(event.ticket_types)}
    for each in kept.ticket_types:
        each.ticket_type_id = places[each.ticket_type_id]
        each.half_of_ticket_type_id = places.get(each.half_of_ticket_type_id, "")
    for timed in (kept.details, *kept.ticket_types, kept):
        for _, value in timed.ListFields():
            if isinstance(value, Timestamp):
                value.seconds -= event.starts_at.seconds
    for own in ("event_id", "series_id", "starts_local", "version"):
        kept.ClearField(own)
    return kept


async def test_nights_and_copies_have_all_settings_of_the_model(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await rich_model(organizer)
    wanted = settings(first)
    assert {field.name for field, _ in wanted.details.ListFields()} == {
        field.name for field in wanted.details.DESCRIPTOR.fields
    }

    await create(organizer, first)
    await organizer.hub.catalog.AddNight(add(9, "2026-12-24T20:00"))
    copy = await organizer.world.copy(an_id("evt", 2_000_000), "2026-12-27T20:00", of=first.event_id)

    made = await nights(organizer)
    assert [settings(each) for each in (*made, copy)] == [wanted] * 6
    assert settings(await organizer.world.get(copy.event_id)) == wanted


async def test_published_and_renamed_nights_keep_all_settings(stage: Stage) -> None:
    organizer = await open_organizer(stage)
    first = await rich_model(organizer)
    await create(organizer, first)

    await publish(organizer)
    await organizer.hub.catalog.UpdateSeries(pb.UpdateSeriesRequest(series_id=SERIES, title="Novo"))

    wanted = settings(first)
    wanted.title, wanted.state = "Novo", nouns.EVENT_STATE_PUBLISHED
    assert [settings(night) for night in await nights(organizer)] == [wanted] * 4
