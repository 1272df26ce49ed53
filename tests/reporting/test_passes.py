"""Passes in reports: people are admitted at the nights."""

from eventhub.reporting.v1 import reporting_service_pb2 as pb
from eventhub.ticketing.v1.ticketing_events_pb2 import TicketUsed
from eventhub.ticketing.v1.ticketing_pb2 import Ticket
from tests.reporting.world import EVENT, Season, open_books
from tests.stage import Stage


async def test_a_pass_is_admitted_at_each_of_its_nights_once(stage: Stage) -> None:
    season = Season()
    nights, series = (EVENT, "evt_next_night"), "ser_summer"
    for event_id in (*nights, series):
        season.publish(event_id)
    season.admit("tic_single")
    used = Ticket(ticket_id="tic_pass", event_id=series)
    for night_id in (*nights, EVENT):
        season.ticketing.tell(TicketUsed(ticket=used, night_id=night_id))
    await open_books(stage, season)

    asked = [pb.GetOccupancyReportRequest(event_id=event_id) for event_id in (*nights, series)]
    answers = [await stage.member().reporting.GetOccupancyReport(request) for request in asked]

    assert [answer.admitted for answer in answers] == [2, 1, 0]
