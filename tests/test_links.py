"""The links of documents lead to files and headings of this repository."""

import re
from pathlib import Path

import pytest

from tests import prose
from tests.sources import ROOT

DOCUMENTS = [path for files in prose.by_folder().values() for path in files if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z]+:")


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = HEADING.findall(prose.CODE_BLOCK.sub("", document.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def leads_nowhere(document: Path, link: str) -> bool:
    """Whether a link within the repository names no file, or a heading that its file does not have."""
    name, _, anchor = link.partition("#")
    target = document.parent / name if name else document
    return not target.exists() or (bool(anchor) and (target.suffix != ".md" or anchor not in anchors(target)))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = [link.replace("\\", "") for link in LINK.findall(prose.CODE_BLOCK.sub("", document.read_text()))]

    assert [link for link in links if not ELSEWHERE.match(link) and leads_nowhere(document, link)] == []


@pytest.mark.parametrize(
    ("link", "nowhere"),
    [
        ("README.md", False),
        ("README.md#run-it", False),
        ("docs/decisions", False),
        ("#run-it", False),
        ("README.md#walk-it", True),
        ("READYOU.md", True),
        ("LICENSE#run-it", True),
    ],
)
def test_a_link_to_no_file_or_heading_is_found(link: str, nowhere: bool) -> None:
    assert leads_nowhere(ROOT / "README.md", link) is nowhere


def test_every_decision_has_a_row_in_the_list() -> None:
    folder = ROOT / "docs" / "decisions"

    listed = re.findall(r"^\| \d{4} \| \[[^\]]*\]\(([^)]*)\) \|", (folder / "README.md").read_text(), re.MULTILINE)

    assert listed == sorted(path.name for path in folder.glob("0*.md"))
