"""Writes the texts of notices from templates. The public text is stored and streamed. Names, codes and links are only
in the private texts, which channels send."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.kit.language import amount
from services.kit.values import SECOND_US
from services.notifications import change_texts, phrases
from services.notifications.notices import Notice, NoticeKind
from services.notifications.phrases import moment, one_line

TEMPLATES = Path(__file__).parent / "templates"
SUBJECT = "Subject: "
MINUTE_US = 60 * SECOND_US
Values = dict[str, Any]
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a ticket's code. serial: the ticket's number within its order."""

    serial: int
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """The values that only private texts contain.

    name: the reader's.
    code: the six digits. code_left_us: how long the code is still valid.
    links, pictures: by ticket id.
    plain: whether the text leaves out all that the organizer has typed, except the event's title.
    """

    name: str = ""
    code: str = ""
    code_left_us: int = 0
    links: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    plain: bool = False


NOTHING_PRIVATE = Private()


@dataclass(frozen=True, slots=True)
class Text:
    """A notice in words. subject: one line."""

    subject: str
    body: str


def public_text(notice: Notice, event: Event, language: str) -> Text:
    """The text of a notice without private values. event: empty if the notice is not about an event."""
    return private_text(notice, event, NOTHING_PRIVATE, language)


def private_text(notice: Notice, event: Event, private: Private, language: str) -> Text:
    """The text of a notice for its reader alone."""
    template = environment(html=False).get_template(f"{notice.kind.lower()}.{language}.txt")
    first, _, body = template.render(values_of(notice, event, private, language)).partition("\n")
    return Text(one_line(first.removeprefix(SUBJECT)), body.strip() + "\n")


def private_html(
    notice: Notice, event: Event, private: Private, language: str, *, subject: str, cid: Callable[[int], str]
) -> str:
    """The private text as HTML. cid: returns the content id of a ticket's picture, by the ticket's serial."""
    values = values_of(notice, event, private, language)
    template = environment(html=True).get_template(f"{notice.kind.lower()}.{language}.html")
    return template.render(values, subject=subject, language=language, cid=cid)


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
        auto_reload=False,  # the files of a running program do not change
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
    """An order's lines and sums, how it was paid at the counter, why it failed, until when its places are held for
    another order, and until when its payment is awaited."""
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
        # Notices from before it was known have no such value.
        "paid_at_counter": phrases.AT_COUNTER[language].get(payload.get("counter_method", ""), ""),
        "coupon_code": "" if private.plain else payload["coupon_code"],
        "reason": phrases.reason(payload["failure"], language),
        # Of the money that changes hands at the counter only the clerk knows.
        "reason_says_no_charge": payload["failure"] in phrases.SAY_NO_CHARGE or payload.get("method") == "BOX_OFFICE",
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
    """An order, and its tickets, each with the link or the picture that lets its holder in."""
    shown = [
        {
            "name": ticket["name"],
            "seat": ticket["seat"],
            "serial": ticket["serial"],
            "half": ticket.get("type_id") in event.get("half_price", ()),
            "link": private.links.get(ticket["ticket_id"], ""),
            "has_picture": ticket["ticket_id"] in private.pictures,
        }
        for ticket in payload["tickets"]
    ]
    return {**order(payload, event, private, language), "tickets": shown}


def moves(payload: Values, event: Event, private: Private, language: str) -> Values:
    """The tickets of an order that have other seats. The venue is left out: catalog may not know the new one yet, and
    holders are told of it by a notice of its own."""
    return {"moves": payload["moves"], "event": {**event_shown(event, language), "place": ""}}


def by_organizer(payload: Values, event: Event, private: Private, language: str) -> Values:
    """The organizer's id. Its name is left out: an organizer could use it to send words of its own to strangers."""
    return {"organizer_id": payload["organizer_id"]}


def offer(payload: Values, event: Event, private: Private, language: str) -> Values:
    """The tickets that were offered, such as "2 tickets (Stalls)", and until when; until: None if the offer is over."""
    until = payload["until_us"]
    type_name = "" if private.plain else one_line(event["types"].get(payload["type_id"], ""))
    counted = phrases.tickets(payload["quantity"], language)
    return {
        "tickets": f"{counted} ({type_name})" if type_name else counted,
        "until": phrases.instant(until, event["time_zone"], language) if until else None,
    }


def changed(payload: Values, event: Event, private: Private, language: str) -> Values:
    """The changed fields of an event."""
    return change_texts.changed(payload["changes"], event, language, plain=private.plain)


def refund(payload: Values, event: Event, private: Private, language: str) -> Values:
    """An order whose lines are those that are given back, and the money of the refund. amount, kept: empty if there is
    none."""
    currency, given, kept = payload["currency"], payload["amount_minor"], payload["kept_minor"]
    return {
        **order(payload, event, private, language),
        "many": len(payload["lines"]),
        "returned": phrases.tickets(len(payload["lines"]), language),
        "amount": amount(given, currency, language) if given else "",
        "kept": amount(kept, currency, language) if kept else "",
    }


OWN: dict[NoticeKind, Callable[[Values, Event, Private, str], Values]] = {
    NoticeKind.ACCESS_CODE: access_code,
    NoticeKind.ORDER_PAID: order,
    NoticeKind.PAYMENT_PENDING: order,
    NoticeKind.ORDER_FAILED: order,
    NoticeKind.TICKETS: tickets,
    NoticeKind.EVENT_CHANGED: changed,
    NoticeKind.WAITING_OFFERED: offer,
    NoticeKind.WAITING_OFFER_LAPSED: offer,
    NoticeKind.MEMBER_INVITED: by_organizer,
    NoticeKind.ADDRESS_CLAIMED: by_organizer,
    NoticeKind.SEATS_MOVED: moves,
    NoticeKind.ORDER_REFUNDED: refund,
    NoticeKind.REFUND_OWED: refund,
}
