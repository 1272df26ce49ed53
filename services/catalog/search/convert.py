"""The terms of a search, from the contract's request."""

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusal import Violation
from services.catalog import violations
from services.catalog.search.entry import Terms
from services.catalog.search.words import words_of
from services.catalog.ticket_types.check import is_time
from services.kit.values import folded, from_timestamp

SAME_CURRENCY = Violation("currency", "in the currency of the lowest price", "na moeda do preço mínimo")
NOT_BELOW = Violation("price_max", "at least the lowest price", "pelo menos o preço mínimo")
LATER = Violation("until_at", "later than the beginning of the period", "depois do começo do período")


def terms_of(request: pb.SearchEventsRequest) -> Terms:
    """The terms of a search. Raises InvalidRequest if its limits contradict each other."""
    violations.refuse(contradictions(request))
    least, most = request.HasField("price_min"), request.HasField("price_max")
    words, by_text = words_of(request.text), bool(request.text.strip())
    return Terms(
        words=tuple(words) if words or not by_text else None,
        city_folded=folded(request.city),
        from_us=from_timestamp(request.from_at) if request.HasField("from_at") else 0,
        until_us=from_timestamp(request.until_at) if request.HasField("until_at") else 0,
        kind=request.kind,
        currency=request.price_min.currency if least else request.price_max.currency,
        price_min_minor=request.price_min.minor,
        price_max_minor=request.price_max.minor if most else -1,
        free_only=request.free_only,
        online_only=request.online_only,
        available_only=request.available_only,
        by_relevance=bool(words) and request.order != nouns.SEARCH_ORDER_DATE,
    )


def contradictions(request: pb.SearchEventsRequest) -> dict[str, Violation]:
    """The fields that no event can fit together with the others, or at all."""
    times = {"from_at": request.from_at, "until_at": request.until_at}
    wrong = {name: violations.TIME for name, stamp in times.items() if from_timestamp(stamp) and not is_time(stamp)}
    if request.HasField("price_min") and request.HasField("price_max"):
        if request.price_max.currency != request.price_min.currency:
            wrong["price_max"] = SAME_CURRENCY
        elif request.price_max.minor < request.price_min.minor:
            wrong["price_max"] = NOT_BELOW
    period = request.HasField("from_at") and request.HasField("until_at")
    if period and from_timestamp(request.until_at) <= from_timestamp(request.from_at):
        wrong.setdefault("until_at", LATER)
    return wrong
