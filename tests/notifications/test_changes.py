"""The words for each changed field, in both languages, in mail and in the list."""

from email.message import EmailMessage
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventhub.catalog.v1.catalog_pb2 import FieldChange
from eventhub.notifications.v1.notifications_pb2 import NOTIFICATION_KIND_EVENT_CHANGED
from services.notifications import change_texts
from services.notifications.changes import TOLD, joined
from tests.notifications.world import ANA, RUI, World, changed, issued, part

# A change of each field, and the lines that tell it: the label, and then what follows it.
CHANGES = {
    "title": (changed("title", "Noite & Dia", "Noite"), ("Nome", "Antes: Noite & Dia", "Agora: Noite")),
    "starts_local": (
        changed("starts_local", "2026-12-01T20:00", "2026-12-02T21:30"),
        (
            "Início",
            "Antes: terça-feira, 1 de dezembro de 2026, 20:00 (São Paulo)",
            "Agora: quarta-feira, 2 de dezembro de 2026, 21:30 (São Paulo)",
        ),
    ),
    "time_zone": (
        changed("time_zone", "America/Sao_Paulo", "America/Manaus"),
        (
            "Início",
            "Antes: terça-feira, 1 de dezembro de 2026, 20:00 (São Paulo)",
            "Agora: terça-feira, 1 de dezembro de 2026, 20:00 (Manaus)",
        ),
    ),
    "doors_open_at": (
        changed("doors_open_at", "", "2026-12-01T22:00:00Z"),
        ("Abertura das portas", "Antes: não informado", "Agora: terça-feira, 1 de dezembro de 2026, 19:00"),
    ),
    "doors_close_at": (
        changed("doors_close_at", "2026-12-02T00:00:00Z", "2026-12-02T00:30:00+00:00"),
        (
            "Fechamento das portas",
            "Antes: terça-feira, 1 de dezembro de 2026, 21:00",
            "Agora: terça-feira, 1 de dezembro de 2026, 21:30",
        ),
    ),
    "ends_at": (
        changed("ends_at", "2026-12-02T02:00:00Z", "2026-12-02T04:00:00Z"),
        (
            "Término",
            "Antes: terça-feira, 1 de dezembro de 2026, 23:00",
            "Agora: quarta-feira, 2 de dezembro de 2026, 01:00",
        ),
    ),
    "venue": (
        changed("venue", "Teatro Aurora, Rua Um, 1, São Paulo", "Casa Nova, Rua Dois, 2, São Paulo"),
        ("Local", "Antes: Teatro Aurora, Rua Um, 1, São Paulo", "Agora: Casa Nova, Rua Dois, 2, São Paulo"),
    ),
    "online_url": (changed("online_url", "", ""), ("Link do evento", "Mudou. O seu link pessoal continua o mesmo.")),
    "age_rating": (
        changed("age_rating", "FREE", "16"),
        ("Classificação indicativa", "Antes: livre", "Agora: 16 anos"),
    ),
    "contact": (changed("contact", "", ""), ("Contato", "Mudou. Veja na página do evento.")),
    "description": (
        changed("description", "Um texto\nlongo.", "Outro texto."),
        ("Descrição", "Mudou. O texto novo está na página do evento."),
    ),
}


async def news_of(world: World, *changes: FieldChange, reader: str = ANA) -> EmailMessage:
    """The mail that a holder gets of some changes."""
    world.ticketing.tell(issued(holder=reader))
    await world.idle()
    before = len(world.mails())
    await world.change(*changes, version=2)
    await world.pass_round()
    mails = [
        mail for mail in world.mails() if "ngresso" not in str(mail["Subject"]) and "ticket" not in mail["Subject"]
    ]
    assert (len(world.mails()), len(mails)) == (before + 1, 1)
    return mails[0]


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("field", TOLD)
async def test_a_changed_field_is_told_with_both_values(world: World, field: str) -> None:
    change, expected = CHANGES[field]

    mail = await news_of(world, change)

    lines = lines_of(part(mail, "plain"))
    at = lines.index(expected[0])
    assert tuple(lines[at : at + len(expected)]) == expected
    html = part(mail, "html").replace("&amp;", "&")
    values = [line.partition(": ")[2] or line for line in expected[1:]]
    assert all(value in html for value in (expected[0], *values))
    assert "longo" not in html + part(mail, "plain")
    seen = (await world.listed(ANA))[0]
    assert (seen.kind, seen.subject) == (NOTIFICATION_KIND_EVENT_CHANGED, str(mail["Subject"]))
    assert set(expected) <= set(lines_of(seen.text))


@pytest.mark.parametrize(
    ("fields", "portuguese", "english"),
    [
        (("starts_local", "ends_at"), "Novo horário: Noite & Dia", "New time: Noite & Dia"),
        (("doors_open_at",), "Novo horário: Noite & Dia", "New time: Noite & Dia"),
        (("venue",), "Novo local: Noite & Dia", "New venue: Noite & Dia"),
        (("venue", "starts_local"), "Mudanças no evento: Noite & Dia", "Changes to the event: Noite & Dia"),
        (("title",), "Mudanças no evento: Noite", "Changes to the event: Noite"),
    ],
)
@pytest.mark.parametrize("reader", [ANA, RUI])
async def test_the_subject_names_the_new_thing(
    world: World, reader: str, fields: tuple[str, ...], portuguese: str, english: str
) -> None:
    mail = await news_of(world, *(CHANGES[field][0] for field in fields), reader=reader)

    assert mail["Subject"] == (portuguese if reader == ANA else english)


async def test_english_readers_get_english_words(world: World) -> None:
    mail = await news_of(world, *(change for change, _ in CHANGES.values()), reader=RUI)

    for text in (part(mail, "plain"), part(mail, "html")):
        for said in (
            "Tuesday, December 1, 2026, 20:00 (Sao Paulo)",
            "Wednesday, December 2, 2026, 21:30 (Manaus)",
            "Doors open",
            "all ages",
            "16 and over",
            "It has changed. Your personal link stays the same.",
            "Your tickets stay valid.",
        ):
            assert said in text
        assert not any(word in text for word in ("Antes", "Agora", "Mudou", "Local"))


async def test_mail_to_an_unproven_address_contains_no_text_of_the_organizer_but_the_title(world: World) -> None:
    world.identity.people[ANA].proven = False
    world.ticketing.tell(issued(paid=False))
    await world.idle()
    await world.change(*(CHANGES[field][0] for field in ("starts_local", "venue", "contact")), version=2)
    await world.pass_round()

    (mail,) = world.mails()
    for text in (part(mail, "plain"), part(mail, "html")):
        assert ("21:30" in text, "Mudou. Veja na página do evento." in text) == (True, True)
        assert not any(word in text for word in ("Casa Nova", "Teatro Aurora", "Casa Aurora"))


def test_every_field_that_is_told_has_words() -> None:
    told = {"starts" if field in {"starts_local", "time_zone"} else field for field in TOLD}
    assert all(labels.keys() == told for labels in change_texts.LABELS.values())


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ([{"title": ("A", "B")}, {"title": ("B", "C")}], {"title": ("A", "C")}),
        ([{"title": ("A", "B")}, {"title": ("B", "A")}], {}),
        ([{"online_url": ("", "")}, {"online_url": ("", "")}], {"online_url": ("", "")}),
        ([{"contact": ("", "A")}, {"contact": ("A", "")}], {}),
        ([{"title": ("A", "B")}, {"venue": ("C", "D")}], {"title": ("A", "B"), "venue": ("C", "D")}),
        ([], {}),
    ],
)
def test_joined_changes_lead_from_the_first_value_to_the_last(
    changes: list[dict[str, tuple[str, str]]], left: dict[str, tuple[str, str]]
) -> None:
    assert joined(changes) == left


FIELDS = st.dictionaries(st.sampled_from(["title", "venue", "ends_at"]), st.sampled_from("ABC"), max_size=3)


@given(st.lists(FIELDS, min_size=1, max_size=9), st.integers(0, 8))
def test_changes_may_be_joined_in_any_groups(wanted: list[dict[str, str]], first: int) -> None:
    states = [dict.fromkeys(("title", "venue", "ends_at"), "A")]
    for fields in wanted:
        states.append({**states[-1], **fields})
    steps = [{name: (old[name], new[name]) for name in old if old[name] != new[name]} for old, new in pairwise(states)]

    whole = joined(steps)

    assert whole == {name: (old, states[-1][name]) for name, old in states[0].items() if old != states[-1][name]}
    assert joined((joined(steps[:first]), joined(steps[first:]))) == whole
