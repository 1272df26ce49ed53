"""Checks of requests to catalog beyond the field rules of the contract. Each raises InvalidRequest."""

from typing import Literal

from eventhub.catalog.v1 import catalog_pb2 as nouns
from eventhub.catalog.v1 import catalog_service_pb2 as pb
from eventhub.refusal import Violation
from services.catalog import areas, convert, violations
from services.catalog.events import Admission
from services.catalog.ticket_types.check import is_time
from services.catalog.updates import UPDATES
from services.kit.values import CURRENCIES

TIMES: tuple[Literal["sales_start_at"], Literal["sales_end_at"]] = ("sales_start_at", "sales_end_at")


def event(request: pb.CreateEventRequest) -> None:
    """Fields must fit the admission (only an online event has a link, for example), and the currency must be in use."""
    admission = Admission(request.admission)
    seated = admission is Admission.SEATED
    wrong = online_fields(request) if admission is Admission.ONLINE else in_person_fields(request)
    if bool(request.plan_id) != seated:
        wrong["plan_id"] = violations.NO_PLAN if request.plan_id else violations.PLAN
    wrong |= areas.wrong(convert.areas_of(request))
    if admission is Admission.ONLINE and request.areas:
        wrong["areas"] = violations.NO_AREAS
    if not seated and not request.areas and request.capacity < 1:
        wrong["capacity"] = violations.CAPACITY
    if request.orphan_rule and not seated:
        wrong["orphan_rule"] = violations.NO_ORPHANS
    if request.currency not in CURRENCIES:
        wrong["currency"] = violations.CURRENCY
    violations.refuse(wrong | times(request.details))


def update(request: pb.UpdateEventRequest) -> None:
    """The mask must name fields, and only such that can change. The times of the details must exist."""
    paths = request.update_mask.paths
    unknown = [path for path in paths if path not in UPDATES]
    violations.refuse({"update_mask": violations.unknown_path(unknown[0])} if unknown else {})
    violations.refuse({} if paths else {"update_mask": violations.NO_PATHS})
    violations.refuse(times(request.details))


def times(details: nouns.EventDetails) -> dict[str, Violation]:
    """Violations of times that do not exist, or are before 1970."""
    wrong = [name for name in TIMES if details.HasField(name) and not is_time(getattr(details, name))]
    return {f"details.{name}": violations.TIME for name in wrong}


def capacity(request: pb.SetCapacityRequest) -> None:
    """A request may name a ticket type or an area, not both."""
    both = bool(request.ticket_type_id and request.area_id)
    violations.refuse({"area_id": violations.ONE_PART} if both else {})


def online_fields(request: pb.CreateEventRequest) -> dict[str, Violation]:
    """Violations of an online event: it needs a time zone and a link, and has no venue."""
    wrong = {"venue_id": violations.NO_VENUE} if request.venue_id else {}
    wrong |= {} if request.time_zone else {"time_zone": violations.ZONE}
    return wrong | ({} if request.online_url else {"online_url": violations.LINK})


def in_person_fields(request: pb.CreateEventRequest) -> dict[str, Violation]:
    """Violations of an event in person: it needs a venue, and has no link."""
    wrong = {} if request.venue_id else {"venue_id": violations.VENUE}
    return wrong | ({"online_url": violations.NO_LINK} if request.online_url else {})


def first_chunk(request: pb.ImportSeatingPlanRequest) -> None:
    """The first message of an import must name the plan and its venue."""
    fields = {"plan_id": request.plan_id, "venue_id": request.venue_id}
    violations.refuse({name: violations.REQUIRED for name, value in fields.items() if not value})


def later_chunk(request: pb.ImportSeatingPlanRequest, first: pb.ImportSeatingPlanRequest) -> None:
    """A later message of an import must not name another plan or venue."""
    if request.plan_id not in ("", first.plan_id):
        violations.refuse({"plan_id": violations.SAME_ID})
    if request.venue_id not in ("", first.venue_id):
        violations.refuse({"venue_id": violations.SAME_ID})
