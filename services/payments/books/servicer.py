"""The RPCs of statements and payouts."""

import csv
import io
from collections.abc import AsyncIterator, Sequence

from eventhub.common.v1.money_pb2 import Money
from eventhub.payments.v1 import payments_pb2 as nouns
from eventhub.payments.v1 import payments_service_pb2 as pb
from eventhub.refusals import PayoutNotFound
from services.kit.db import Database
from services.kit.rpc import Call, page_of
from services.kit.values import Clock, Ids, rfc3339, to_timestamp
from services.payments.books import statement, store, transactions
from services.payments.books.statement import Key, Line
from services.payments.books.store import Payout
from services.payments.books.transactions import Amounts

LATEST = (2**62, "")
# Batches of payouts are made one after the other.
PAYOUTS = "payouts"
PAYOUTS_PER_READ = 200
HEADER = ("payout_id", "organizer_id", "amount_minor", "currency", "created_at")


class BooksService:
    """Serves the contract's BooksService."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        """database: payments' own. ids: names payouts."""
        self.database = database
        self.clock = clock
        self.ids = ids

    async def GetStatement(self, request: pb.GetStatementRequest, call: Call) -> pb.GetStatementResponse:
        from_us, to_us = statement.period(request)
        page = page_of(request, request.page, caller=call.caller.subject_id, key=(str, str, str, str))
        read = await self.database.read_long(
            transactions.read, call.caller.organizer_id, request.event_id, from_us, to_us
        )
        after = tuple(str(part) for part in page.after)
        rest = [(key, line) for key, line in read.lines.items() if not after or key > after]
        shown = rest[: page.size]
        return pb.GetStatementResponse(
            lines=[line_pb(key, line, read.clerks.get(key[3], "")) for key, line in shown],
            payable=moneys(read.payable),
            paid_out=moneys(read.paid_out),
            owed_by_hand=moneys(read.owed_by_hand),
            next_page_token=page.token((), shown[-1][0], cut=True) if len(shown) < len(rest) else "",
        )

    async def CreatePayouts(self, request: pb.CreatePayoutsRequest, call: Call) -> pb.CreatePayoutsResponse:
        totals = await self.database.write_long_serialized(
            (PAYOUTS,),
            transactions.pay_out,
            request.batch_id,
            new_id=lambda: self.ids.new("pyt"),
            now_us=self.clock.now_us(),
        )
        return pb.CreatePayoutsResponse(
            payouts=sum(number for _, _, number in totals),
            totals=moneys([(currency, minor) for currency, minor, _ in totals]),
        )

    async def GetPayoutFile(
        self, request: pb.GetPayoutFileRequest, call: Call
    ) -> AsyncIterator[pb.GetPayoutFileResponse]:
        if not await self.database.read(store.has_batch, request.batch_id):
            raise PayoutNotFound
        yield pb.GetPayoutFileResponse(part=csv_of([HEADER]))
        after = ""
        while found := await self.database.read(store.of_batch, request.batch_id, after, PAYOUTS_PER_READ):
            after = found[-1].payout_id
            yield pb.GetPayoutFileResponse(part=csv_of([row_of(payout) for payout in found]))
        totals = await self.database.read(store.totals, request.batch_id)
        sums = [("total", str(number), str(minor), currency, "") for currency, minor, number in totals]
        yield pb.GetPayoutFileResponse(part=csv_of(sums))

    async def ListPayouts(self, request: pb.ListPayoutsRequest, call: Call) -> pb.ListPayoutsResponse:
        page = page_of(request, request.page, caller=call.caller.subject_id, key=(int, str))
        before = (int(page.after[0]), str(page.after[1])) if page.after else LATEST
        found = await self.database.read(store.page, call.caller.organizer_id, before, page.size)
        last = (found[-1].created_us, found[-1].payout_id) if found else ()
        return pb.ListPayoutsResponse(payouts=map(payout_pb, found), next_page_token=page.token(found, last))


def moneys(amounts: Amounts) -> list[Money]:
    """Amounts as messages."""
    return [Money(minor=minor, currency=currency) for currency, minor in amounts]


def line_pb(key: Key, line: Line, clerk_id: str) -> nouns.StatementLine:
    """A line of a statement."""
    event_id, currency, method, till_id = key

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=currency)

    return nouns.StatementLine(
        event_id=event_id,
        method=method,
        clerk_id=clerk_id,
        till_id=till_id,
        captured=money(line.captured_minor),
        refunded=money(line.refunded_minor),
        disputed=money(line.disputed_minor),
        fees=money(line.fees_minor),
        payments=line.payments,
    )


def payout_pb(payout: Payout) -> nouns.Payout:
    """A payout."""
    return nouns.Payout(
        payout_id=payout.payout_id,
        batch_id=payout.batch_id,
        organizer_id=payout.organizer_id,
        amount=Money(minor=payout.amount_minor, currency=payout.currency),
        created_at=to_timestamp(payout.created_us),
    )


def row_of(payout: Payout) -> Sequence[str]:
    """A payout as a line of the file."""
    amount = str(payout.amount_minor)
    return payout.payout_id, payout.organizer_id, amount, payout.currency, rfc3339(payout.created_us)


def csv_of(rows: Sequence[Sequence[str]]) -> bytes:
    """Lines of a CSV file. No value can be taken for a formula: ids, numbers, currencies and times begin with a letter
    or a digit."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
