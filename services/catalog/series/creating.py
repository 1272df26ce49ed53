"""Creates series. The days of a rule are computed before the transaction, which would keep others waiting."""

from dataclasses import replace

from services.catalog import transactions as event_transactions
from services.catalog.series import transactions
from services.catalog.series.series import Series, instants_of
from services.catalog.series.transactions import ModelChanged
from services.kit.db import Database
from services.kit.values import Clock


async def create(database: Database, clock: Clock, wanted: Series, content_hash: str) -> tuple[Series, int]:
    """Creates a series and its nights; a repeat changes nothing. Returns the series and the number of its nights.
    wanted: its title may be empty, for that of the model. Raises what CreateSeries refuses with."""
    organizer_id = wanted.organizer_id
    known = await database.read(transactions.repeated_series, wanted.series_id, organizer_id, content_hash)
    if known is not None:
        return known
    while True:
        model = await database.read(event_transactions.own_event, wanted.model_id, organizer_id)
        times = instants_of(wanted.rule, model, clock.now_us())
        series = replace(wanted, title=wanted.title or model.title, description=model.description)
        try:
            return await database.write_long(transactions.create_series, series, model, times, content_hash)
        except ModelChanged:
            continue
