"""The words for changes of an event: a name for each field, and its values as people read them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.kit.language import ENGLISH, PORTUGUESE
from services.notifications.changes import TOLD, UNSHOWN
from services.notifications.phrases import moment, one_line, shown

LABELS = {
    PORTUGUESE: {
        "title": "Nome",
        "starts": "Início",
        "doors_open_at": "Abertura das portas",
        "doors_close_at": "Fechamento das portas",
        "ends_at": "Término",
        "venue": "Local",
        "online_url": "Link do evento",
        "age_rating": "Classificação indicativa",
        "contact": "Contato",
        "description": "Descrição",
    },
    ENGLISH: {
        "title": "Name",
        "starts": "Start",
        "doors_open_at": "Doors open",
        "doors_close_at": "Doors close",
        "ends_at": "End",
        "venue": "Venue",
        "online_url": "Event link",
        "age_rating": "Age rating",
        "contact": "Contact",
        "description": "Description",
    },
}
# The news of a change whose values are not shown; "" is for every field without words of its own.
NEWS = {
    PORTUGUESE: {
        "online_url": "Mudou. O seu link pessoal continua o mesmo.",
        "description": "Mudou. O texto novo está na página do evento.",
        "": "Mudou. Veja na página do evento.",
    },
    ENGLISH: {
        "online_url": "It has changed. Your personal link stays the same.",
        "description": "It has changed. The new text is on the event's page.",
        "": "It has changed. Please see the event's page.",
    },
}
AGES = {
    PORTUGUESE: {"": "sem classificação", "FREE": "livre", "years": "{} anos"},
    ENGLISH: {"": "not rated", "FREE": "all ages", "years": "{} and over"},
}
NONE = {PORTUGUESE: "não informado", ENGLISH: "not given"}
INSTANTS = {"doors_open_at", "doors_close_at", "ends_at"}
TIMES = {"starts", *INSTANTS}
# Their values are texts that the organizer has typed.
TYPED = {"title", "venue"}


@dataclass(frozen=True, slots=True)
class Line:
    """A changed field for templates. news: said instead of both values if these are not shown."""

    label: str
    old: str = ""
    new: str = ""
    news: str = ""


def changed(
    changes: Mapping[str, list[str]], event: Mapping[str, Any], language: str, *, plain: bool
) -> dict[str, Any]:
    """The lines about an event's changes, and their subject: "time", "place" or "event". event: after the changes.
    plain: whether texts that the organizer has typed are left out."""
    pairs = {field: (before, after) for field, (before, after) in changes.items()}
    lines: dict[str, Line] = {}
    for field in TOLD:
        if field in {"starts_local", "time_zone"} & pairs.keys():
            lines["starts"] = start(pairs, event, language)
        elif field in pairs:
            hidden = pairs[field] == UNSHOWN or (plain and field in TYPED)
            lines[field] = line(field, UNSHOWN if hidden else pairs[field], event["time_zone"], language)
    return {"lines": list(lines.values()), "about": subject(lines)}


def subject(fields: Iterable[str]) -> str:
    """The subject of changed fields, as templates name it."""
    changed_ones = set(fields)
    if changed_ones <= TIMES:
        return "time"
    return "place" if changed_ones == {"venue"} else "event"


def start(pairs: Mapping[str, tuple[str, str]], event: Mapping[str, Any], language: str) -> Line:
    """The start before and after, each as the local time of its own zone."""
    local = pairs.get("starts_local", (event["starts_local"],) * 2)
    zone = pairs.get("time_zone", (event["time_zone"],) * 2)
    old, new = (moment(*of, language) for of in zip(local, zone, strict=True))
    shape = "{date}, {time} ({zone})"
    return Line(LABELS[language]["starts"], shape.format_map(old), shape.format_map(new))


def line(field: str, pair: tuple[str, str], time_zone: str, language: str) -> Line:
    """A field's label with its values, or with the news if they are not shown."""
    label = LABELS[language][field]
    if pair == UNSHOWN:
        news = NEWS[language]
        return Line(label, news=news.get(field, news[""]))
    old, new = (value(field, raw, time_zone, language) for raw in pair)
    return Line(label, old, new)


def value(field: str, raw: str, time_zone: str, language: str) -> str:
    """A field's value as people read it, in one line."""
    if field == "age_rating":
        ages = AGES[language]
        return ages.get(raw) or ages["years"].format(raw)
    if not raw:
        return NONE[language]
    if field in INSTANTS:
        local = datetime.fromisoformat(raw).astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
        return "{date}, {time}".format_map(shown(local, time_zone, language))
    return one_line(raw)
