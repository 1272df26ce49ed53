"""Kinds of notices are those of the contract, and each has a template for each text and language."""

from eventhub.notifications.v1 import notifications_pb2 as nouns
from services.kit.language.languages import ENGLISH, PORTUGUESE
from services.notifications.notices import NoticeKind
from services.notifications.texts import OWN, TEMPLATES


def test_kinds_are_those_of_the_contract() -> None:
    """Their names without the prefix, and without UNSPECIFIED."""
    assert [f"NOTIFICATION_KIND_{kind}" for kind in NoticeKind] == nouns.NotificationKind.keys()[1:]


def test_each_kind_has_its_values_and_templates() -> None:
    assert set(OWN) == set(NoticeKind)
    wanted = {
        f"{kind.lower()}.{language}.{suffix}"
        for kind in NoticeKind
        for language in (PORTUGUESE, ENGLISH)
        for suffix in ("txt", "html")
    }
    assert wanted <= {path.name for path in TEMPLATES.iterdir()}
