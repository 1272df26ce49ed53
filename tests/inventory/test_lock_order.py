"""Rows are locked in the order in which Python sorts ids, in a database of any language.

The servers of these tests know the order of bytes only, so the statements themselves are looked at.
"""

import re

from tests.sources import SERVICES

LOCKS = re.compile(r'tx\.lock\(\s*f?"{1,3}([^"]*(?:"binary"[^"]*)?)"')


def test_statements_that_lock_several_rows_name_the_order() -> None:
    sources = [path.read_text() for path in (SERVICES / "inventory").rglob("*store.py")]
    ordered = [sql for text in sources for sql in LOCKS.findall(text) if re.search(r"ORDER BY \w+_id", sql)]

    assert len(ordered) == 4
    assert [sql for sql in ordered if 'COLLATE "binary"' not in sql] == []
