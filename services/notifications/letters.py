"""Letters: a notice in words. What is kept and streamed is the open text; names, codes and links are in mail only."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.kit.language import amount
from services.notifications import notices, phrases
from services.notifications.notices import SECOND_US, Notice
from services.notifications.phrases import moment

TEMPLATES = Path(__file__).parent / "templates"
SUBJECT = "Subject: "
MINUTE_US = 60 * SECOND_US
Values = dict[str, Any]
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A ticket's code. cid: the id under which an HTML text shows it."""

    serial: int
    cid: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Private:
    """What only mail says. name: of the person it is for. code: the six digits. code_left_us: how long they are still
    good. links, pictures: by ticket id. plain: whether an event's title is all that it says of what an organizer has
    typed."""

    name: str = ""
    code: str = ""
    code_left_us: int = 0
    links: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    plain: bool = False


OPEN = Private()


@dataclass(frozen=True, slots=True)
class Letter:
    """A text with its first line apart. html: empty in open letters."""

    subject: str
    text: str
    html: str = ""


def open_letter(notice: Notice, event: Event, language: str) -> Letter:
    """A notice in words, without anything private. event: empty where the notice is not about one."""
    return written(notice, values_of(notice, event, OPEN, language), language)


def mail_letter(notice: Notice, event: Event, private: Private, language: str) -> Letter:
    """A notice in words, for its recipient's mail."""
    values = values_of(notice, event, private, language)
    letter = written(notice, values, language)
    html = environment(html=True).get_template(f"{notice.kind.lower()}.{language}.html")
    return Letter(letter.subject, letter.text, html.render(values, subject=letter.subject, language=language))


def written(notice: Notice, values: Values, language: str) -> Letter:
    """The subject and text that a template makes of some values."""
    rendered = environment(html=False).get_template(f"{notice.kind.lower()}.{language}.txt").render(values)
    first, _, text = rendered.partition("\n")
    return Letter(one_line(first.removeprefix(SUBJECT)), text.strip() + "\n")


def one_line(text: str) -> str:
    """What others have typed, on one line: a title never begins a new line of a text, nor of a header."""
    return " ".join(text.split())


@cache
def environment(*, html: bool) -> Environment:
    """The templates. A name that is missing in one is a mistake, never an empty word."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,  # noqa: S701 - a plain text has nothing to escape; what is HTML is escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def values_of(notice: Notice, event: Event, private: Private, language: str) -> Values:
    """What a template may say."""
    cause = json.loads(notice.cause)
    shown = event_shown(event, language) if event else {}
    own = OWN[notice.kind](cause, event, private, language)
    number = cause.get("order_number") or notice.order_id
    return {"name": one_line(private.name), "order_number": number, "event": shown, **own}


def event_shown(event: Event, language: str) -> Values:
    """An event in words."""
    return {
        "title": one_line(event["title"]),
        "place": one_line(event["place"]),
        "organizer": one_line(event.get("organizer", "")),
        **moment(event["starts_local"], event["time_zone"], language),
    }


def access_code(cause: Values, event: Event, private: Private, language: str) -> Values:
    """The code, and for how many minutes it is good."""
    return {"code": private.code, "minutes": max(1, round(private.code_left_us / MINUTE_US))}


def order(cause: Values, event: Event, private: Private, language: str) -> Values:
    """An order's lines and sums; why it failed, and until when its places are held for another order; until when a
    payment is waited for."""
    currency = cause["currency"]
    until, held_until = cause["pay_until_us"], cause.get("held_until_us")
    lines = [
        {"name": line["name"], "seat": line["seat"], "price": amount(line["face_minor"], currency, language)}
        for line in cause["lines"]
        if not private.plain
    ]
    return {
        "lines": lines,
        "face": amount(cause["face_minor"], currency, language),
        "discount": amount(cause["discount_minor"], currency, language) if cause["discount_minor"] else "",
        "way": way(cause),
        "total_due": bool(cause["total_minor"]),
        "to_be_proven": private.plain,
        "total": amount(cause["total_minor"], currency, language),
        "coupon_code": "" if private.plain else cause["coupon_code"],
        "reason": phrases.reason(cause["failure"], language),
        "reason_says_no_charge": cause["failure"] in phrases.SAY_NO_CHARGE,
        "until": phrases.instant(until, event["time_zone"], language) if until else None,
        "held_until": phrases.instant(held_until, event["time_zone"], language) if held_until else None,
    }


def way(cause: Values) -> str:
    """How people came by an order's tickets, as they would say it."""
    if cause.get("method") == "COMPLIMENTARY":
        return "gift"
    if not cause["total_minor"]:
        return "free"
    return "counter" if cause.get("method") == "BOX_OFFICE" else "paid"


def tickets(cause: Values, event: Event, private: Private, language: str) -> Values:
    """Tickets with what lets their holder in."""
    shown = [
        {
            "name": ticket["name"],
            "seat": ticket["seat"],
            "serial": ticket["serial"],
            "half": ticket.get("type_id") in event.get("half_price", ()),
            "link": private.links.get(ticket["ticket_id"], ""),
            "cid": private.pictures[ticket["ticket_id"]].cid if ticket["ticket_id"] in private.pictures else "",
        }
        for ticket in cause["tickets"]
    ]
    return {"tickets": shown}


def by_organizer(cause: Values, event: Event, private: Private, language: str) -> Values:
    """Which organizer, by its id: a name would be words of somebody else in a mail of ours."""
    return {"organizer_id": cause["organizer_id"]}


def rescheduled(cause: Values, event: Event, private: Private, language: str) -> Values:
    """When the event began before."""
    return {"old": moment(cause["old"]["starts_local"], cause["old"]["time_zone"], language)}


OWN: dict[str, Callable[[Values, Event, Private, str], Values]] = {
    notices.ACCESS_CODE: access_code,
    notices.ORDER_PAID: order,
    notices.PAYMENT_PENDING: order,
    notices.ORDER_FAILED: order,
    notices.TICKETS: tickets,
    notices.EVENT_RESCHEDULED: rescheduled,
    notices.MEMBER_INVITED: by_organizer,
    notices.ADDRESS_CLAIMED: by_organizer,
}
