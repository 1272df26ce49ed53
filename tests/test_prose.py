"""Comments, docstrings and documents are plain English: constructions that readers have to parse twice are rare, and so
are docstrings that say no more than a name."""

import re

import pytest

from tests import prose
from tests.sources import ROOT

PER_THOUSAND_MAX = 2.0
SHORT_DOCSTRINGS_MAX = 0.02
GLOSSARY_WORDS_MAX = 25
FOLDERS = prose.by_folder()


@pytest.mark.parametrize("folder", FOLDERS)
def test_prose_is_read_once(folder: str) -> None:
    counted = prose.counted(FOLDERS[folder])

    found = [hit for hits in counted.found.values() for hit in hits]
    assert counted.per_thousand(*prose.TWICE_READ) < PER_THOUSAND_MAX, "\n".join(found)


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_say_more_than_a_name(folder: str) -> None:
    short, total = prose.short_docstrings(FOLDERS[folder])

    assert len(short) <= total * SHORT_DOCSTRINGS_MAX, "\n".join(short)


def test_the_glossary_has_few_words() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text()

    assert len(re.findall(r"^\| (?!word )\w", glossary, re.MULTILINE)) <= GLOSSARY_WORDS_MAX


def test_every_folder_with_prose_is_counted() -> None:
    assert set(FOLDERS) >= {".", "services", "services/kit", "protos", "clients", "tests/orders", "docs/decisions"}
