"""The public RPCs of reporting."""

from collections.abc import AsyncIterator

from eventhub.reporting.v1 import reporting_service_pb2 as pb
from services.kit.db import Database
from services.kit.rpc import Call
from services.reporting import convert, transactions, watching


class ReportingService:
    """Serves ReportingService. Sums over a whole event run off the event loop, and on a replica: reports follow the
    other contexts' facts, so they are some moments old in any case, and nothing is decided by them."""

    def __init__(self, database: Database) -> None:
        """database: reporting's own, filled by its followers."""
        self.database = database

    async def GetSalesReport(self, request: pb.GetSalesReportRequest, call: Call) -> pb.GetSalesReportResponse:
        sales = await self.database.read_behind_long(
            transactions.sales_report, request.event_id, call.caller.organizer_id
        )
        return pb.GetSalesReportResponse(report=convert.sales_pb(sales))

    async def GetRevenueByTicketType(
        self, request: pb.GetRevenueByTicketTypeRequest, call: Call
    ) -> pb.GetRevenueByTicketTypeResponse:
        currency, types = await self.database.read_behind_long(
            transactions.revenue_by_type, request.event_id, call.caller.organizer_id
        )
        return pb.GetRevenueByTicketTypeResponse(types=convert.types_pb(types, currency))

    async def GetCouponReport(self, request: pb.GetCouponReportRequest, call: Call) -> pb.GetCouponReportResponse:
        currency, coupons = await self.database.read_behind_long(
            transactions.coupon_report, request.event_id, call.caller.organizer_id
        )
        return pb.GetCouponReportResponse(coupons=convert.coupons_pb(coupons, currency))

    async def GetOccupancyReport(
        self, request: pb.GetOccupancyReportRequest, call: Call
    ) -> pb.GetOccupancyReportResponse:
        occupancy = await self.database.read_behind_long(
            transactions.occupancy_report, request.event_id, call.caller.organizer_id
        )
        return pb.GetOccupancyReportResponse(occupancy=convert.occupancy_pb(occupancy), admitted=occupancy.admitted)

    async def WatchDashboard(
        self, request: pb.WatchDashboardRequest, call: Call
    ) -> AsyncIterator[pb.WatchDashboardResponse]:
        async for now in watching.snapshots(self.database, request.event_id, call):
            yield convert.dashboard_pb(now) if now else pb.WatchDashboardResponse()
