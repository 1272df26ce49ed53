"""The same searches have the same answers on both databases, which a plain model in Python gives too."""

import itertools
from dataclasses import replace

from services.catalog.search import entry_store, store
from services.catalog.search.entry import Entry, Terms
from services.catalog.search.words import words_of
from services.kit.db.database import Database, Tx
from tests.catalog.world import open_world
from tests.stage import Stage

SYLLABLES = (
    *("São", "ção", "Straße", "Œu", "κόσμος", "Київ", "東京", "AC/DC", "c++", "1e5", "12", "0x", "a", "ab", "ü"),
    *("NOT", "or", "and", "near", "\u0131", "İ", "ﬁ", "e\u0301", "½", "²"),
    *("*", '"', "'", ":", "&", "|", "!", "(", "<->"),
)
ANY = Terms(
    words=(),
    city_folded="",
    from_us=0,
    until_us=0,
    kind=0,
    currency="",
    price_min_minor=0,
    price_max_minor=-1,
    free_only=False,
    online_only=False,
    available_only=False,
    by_relevance=False,
)


def test_words_are_folded_and_split() -> None:
    assert words_of("AC/DC ao Vivo", "ação, ação!") == ["ac", "dc", "ao", "vivo", "acao"]
    assert words_of("%", " 𝄞 ") == []
    assert words_of("x" * 70) == ["x" * 60]


def entry(n: int, text: str) -> Entry:
    return Entry(
        event_id=f"evt_{n:04d}",
        organizer_id="org_casa",
        series_id="",
        version=1,
        title=" ",
        words=tuple(words_of(text)),
        city_folded="",
        organizer_name="",
        kind=1,
        online=False,
        starts_local="",
        starts_us=n,
        ends_us=n + 1_000_000,
        sales_end_us=n,
        currency="BRL",
        prices=(),
        has_lots=False,
        capacity=1,
    )


async def found(database: Database, terms: Terms) -> list[str]:
    entries = await database.read(store.find, terms, store.FIRST_KEY, 1000, now_us=1, dialect=database.dialect)
    return [entry.event_id for entry in entries]


async def test_words_are_found_by_their_beginnings_whatever_characters_they_have(stage: Stage) -> None:
    world = await open_world(stage)
    pairs = list(itertools.product(SYLLABLES, repeat=2))
    texts = [between.join(pair) for pair in pairs for between in ("", " ")][::5]
    wanted = [tuple(words_of(*pair)) for pair in pairs[::3]]
    wanted += [tuple(word[:1] for word in words) for words in wanted]

    async def fill(tx: Tx) -> None:
        for n, text in enumerate(texts):
            await entry_store.save(tx, entry(n, text))

    await world.database.write(fill)
    words_by_text = [words_of(text) for text in texts]
    for words in filter(None, wanted):
        expected = [
            f"evt_{n:04d}"
            for n, its_words in enumerate(words_by_text)
            if all(any(word.startswith(beginning) for word in its_words) for beginning in words)
        ]

        assert await found(world.database, replace(ANY, words=words)) == expected, words


async def test_a_new_entry_takes_the_place_of_the_former(stage: Stage) -> None:
    world = await open_world(stage)
    for text in ("old words", "new words"):
        await world.database.write(entry_store.save, entry(1, text))
    terms = replace(ANY, words=("old",))
    assert await found(world.database, terms) == []
    assert await found(world.database, replace(ANY, words=("new", "words"))) == ["evt_0001"]

    await world.database.write(entry_store.drop, "evt_0001")

    assert await found(world.database, replace(ANY, words=("new",))) == []
    await world.database.write(entry_store.drop, "evt_0001")
