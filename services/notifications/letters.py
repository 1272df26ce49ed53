"""Puts notices into words. A notice's open text is stored and streamed. Names, codes and links are only in mail."""

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
    """The picture of a ticket's code. cid: the content id by which the HTML text refers to it."""

    serial: int
    cid: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Private:
    """The values that only mail contains. name: the reader's. code: the six digits. code_left_us: how long the code is
    still valid. links, pictures: by ticket id. plain: whether the mail leaves out all that the organizer has typed,
    except the event's title."""

    name: str = ""
    code: str = ""
    code_left_us: int = 0
    links: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    plain: bool = False


OPEN = Private()


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in words. html: empty in open letters."""

    subject: str
    text: str
    html: str = ""


def open_letter(notice: Notice, event: Event, language: str) -> Letter:
    """The letter of a notice without private values. event: empty if the notice is not about an event."""
    return written(notice, values_of(notice, event, OPEN, language), language)


def mail_letter(notice: Notice, event: Event, private: Private, language: str) -> Letter:
    """The letter of a notice with private values, for its recipient's mail."""
    values = values_of(notice, event, private, language)
    letter = written(notice, values, language)
    html = environment(html=True).get_template(f"{notice.kind.lower()}.{language}.html")
    return Letter(letter.subject, letter.text, html.render(values, subject=letter.subject, language=language))


def written(notice: Notice, values: Values, language: str) -> Letter:
    """The subject and text that the template of a notice's kind makes of values."""
    rendered = environment(html=False).get_template(f"{notice.kind.lower()}.{language}.txt").render(values)
    first, _, text = rendered.partition("\n")
    return Letter(one_line(first.removeprefix(SUBJECT)), text.strip() + "\n")


def one_line(text: str) -> str:
    """Text that people have typed, on one line: a title cannot begin a new line of a text, or of a header."""
    return " ".join(text.split())


@cache
def environment(*, html: bool) -> Environment:
    """The templates. A template that uses a name without a value raises an error; it does not print an empty word."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,  # noqa: S701 - a plain text has nothing to escape; HTML is escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def values_of(notice: Notice, event: Event, private: Private, language: str) -> Values:
    """The values that the template of a notice's kind may use."""
    payload = json.loads(notice.payload)
    shown = event_shown(event, language) if event else {}
    own = OWN[notice.kind](payload, event, private, language)
    number = payload.get("order_number") or notice.order_id
    return {"name": one_line(private.name), "order_number": number, "event": shown, **own}


def event_shown(event: Event, language: str) -> Values:
    """The values of an event for templates, in a language."""
    return {
        "title": one_line(event["title"]),
        "place": one_line(event["place"]),
        "organizer": one_line(event.get("organizer", "")),
        **moment(event["starts_local"], event["time_zone"], language),
    }


def access_code(payload: Values, event: Event, private: Private, language: str) -> Values:
    """The code, and for how many minutes it is valid: at least one."""
    return {"code": private.code, "minutes": max(1, round(private.code_left_us / MINUTE_US))}


def order(payload: Values, event: Event, private: Private, language: str) -> Values:
    """An order's lines and sums, why it failed, until when its places are held for another order, and until when its
    payment is awaited."""
    currency = payload["currency"]
    until, held_until = payload["pay_until_us"], payload.get("held_until_us")
    lines = [
        {"name": line["name"], "seat": line["seat"], "price": amount(line["face_minor"], currency, language)}
        for line in payload["lines"]
        if not private.plain
    ]
    return {
        "lines": lines,
        "face": amount(payload["face_minor"], currency, language),
        "discount": amount(payload["discount_minor"], currency, language) if payload["discount_minor"] else "",
        "way": way(payload),
        "total_due": bool(payload["total_minor"]),
        "to_be_proven": private.plain,
        "total": amount(payload["total_minor"], currency, language),
        "coupon_code": "" if private.plain else payload["coupon_code"],
        "reason": phrases.reason(payload["failure"], language),
        "reason_says_no_charge": payload["failure"] in phrases.SAY_NO_CHARGE,
        "until": phrases.instant(until, event["time_zone"], language) if until else None,
        "held_until": phrases.instant(held_until, event["time_zone"], language) if held_until else None,
    }


def way(payload: Values) -> str:
    """How the buyer got the tickets, as templates name it: gift, free, counter or paid."""
    if payload.get("method") == "COMPLIMENTARY":
        return "gift"
    if not payload["total_minor"]:
        return "free"
    return "counter" if payload.get("method") == "BOX_OFFICE" else "paid"


def tickets(payload: Values, event: Event, private: Private, language: str) -> Values:
    """An order's tickets, each with the link or the picture that lets its holder in."""
    shown = [
        {
            "name": ticket["name"],
            "seat": ticket["seat"],
            "serial": ticket["serial"],
            "half": ticket.get("type_id") in event.get("half_price", ()),
            "link": private.links.get(ticket["ticket_id"], ""),
            "cid": private.pictures[ticket["ticket_id"]].cid if ticket["ticket_id"] in private.pictures else "",
        }
        for ticket in payload["tickets"]
    ]
    return {"tickets": shown}


def by_organizer(payload: Values, event: Event, private: Private, language: str) -> Values:
    """The organizer's id. Its name is left out: an organizer could use it to send words of its own to strangers."""
    return {"organizer_id": payload["organizer_id"]}


def rescheduled(payload: Values, event: Event, private: Private, language: str) -> Values:
    """The time at which the event began before it was moved."""
    return {"old": moment(payload["old"]["starts_local"], payload["old"]["time_zone"], language)}


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
