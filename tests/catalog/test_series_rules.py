"""Rules of series that cannot be kept."""

import pytest

from eventhub import refusals
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from tests.catalog.organizer import open_organizer
from tests.catalog.test_series import SERIES, create, model
from tests.stage import Stage, outcome


@pytest.mark.parametrize(
    "rule",
    [
        *("FREQ=DAILY", "FREQ=HOURLY;COUNT=2", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=367", "FREQ=DAILY;COUNT=x"),
        *("FREQ=DAILY;COUNT=2;COUNT=3", "FREQ=DAILY;COUNT=2;UNTIL=20261224", "FREQ=DAILY;COUNT=2;BYHOUR=3"),
        *("FREQ=DAILY;UNTIL=20271203", "FREQ=WEEKLY;UNTIL=20300101", "FREQ=DAILY;UNTIL=20261340", "COUNT=3"),
        *("FREQ=WEEKLY;BYDAY=XX;COUNT=2", "FREQ=DAILY;INTERVAL=0;COUNT=2", "FREQ=DAILY;BYMONTH=;COUNT=1", "DAILY"),
        *("FREQ=DAILY;BYMONTH=99;COUNT=2", "FREQ=MONTHLY;BYSETPOS=999;COUNT=2"),
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=2",
    ],
)
async def test_a_rule_that_cannot_be_kept_is_refused(stage: Stage, rule: str) -> None:
    organizer = await open_organizer(stage)
    first = await model(organizer)

    with pytest.raises(refusals.InvalidRequest) as refused:
        await create(organizer, first, rule)

    assert list(refused.value.fields) == ["rule"]
    assert await outcome(organizer.hub.catalog.GetSeries(pb.GetSeriesRequest(series_id=SERIES))) == "SERIES_NOT_FOUND"
