"""The guide deploy/k8s/README.md names only existing files, and a restored platform continues."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from eventhub.common.v1.feed_pb2 import Revision
from eventhub.refusals import RevisionUnknown
from services import keys
from services.identity.keys import open_ring
from services.kit.db.database import Tx
from services.kit.db.migrations import databases as databases_of_contexts
from services.kit.feeds import feed
from services.kit.feeds.follower import move_cursor, read_cursor
from services.ticketing.keys import load_keyring, load_links_key
from tests import databases
from tests.deploy.rendered import CONTEXTS, K8S, cluster_of, mounts, of_kind
from tests.sources import ROOT

README = (K8S / "README.md").read_text()
SCHEMA = ROOT / "services" / "payments" / "sandbox_schema"
LIST = re.compile(r"^ *(contexts|databases)=\$\((.+)\)$", re.MULTILINE)
LOOP = re.compile(r"for (context|database) in \$(\w+); do")
CREATING = re.compile(r"^ *(ls .*?) \| psql", re.MULTILINE | re.DOTALL)
CREATED = re.compile(r"create secret generic ([a-z$-]+)")
PATTERN = re.compile(r"keys/([\w*-]+\.key)")


def said(command: str) -> list[str]:
    """Returns the lines that a command of the guide prints in the repository."""
    done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def listed(variable: str) -> list[str]:
    """Returns the lines of a variable, whose command is the same wherever the guide sets it."""
    (command,) = {told for name, told in LIST.findall(README) if name == variable}
    return said(command)


def test_the_guide_s_loops_go_through_every_context_and_every_database() -> None:
    assert listed("contexts") == list(CONTEXTS)
    assert sorted(listed("databases")) == sorted(databases_of_contexts())
    assert set(LOOP.findall(README)) == {("context", "contexts"), ("database", "databases")}


def test_the_guide_creates_each_database_for_its_owner() -> None:
    (command,) = CREATING.findall(README)
    owned = {thing["spec"]["name"]: thing["spec"]["owner"] for thing in of_kind("database", "Database")}
    assert set(said(command)) == {f"CREATE DATABASE {name} OWNER {owner};" for name, owner in owned.items()}


def test_every_secret_that_pods_need_is_made() -> None:
    made = {name.replace("$context", context) for name in CREATED.findall(README) for context in CONTEXTS}
    issued = {thing["spec"]["secretName"] for thing in of_kind("overlays/prod", "Certificate")}
    needed = set()
    for thing in (*of_kind("overlays/prod", "Deployment"), *of_kind("migrate", "Job")):
        for volume in mounts(thing).values():
            needed |= {volume["secret"]["secretName"]} if "secret" in volume else set()
            sources = volume.get("projected", {}).get("sources", ())
            needed |= {one["secret"]["name"] for one in sources if not one["secret"].get("optional")}
    assert needed == made | (issued - {"mesh-ca"})


def test_the_guide_s_urls_lead_to_the_cluster_of_their_context() -> None:
    (choosing,) = re.findall(r"^ *(case \$context in .* esac)$", README, re.MULTILINE)
    for context in CONTEXTS:
        assert said(f"context={context}; {choosing}; echo $cluster") == [cluster_of(context)]
    hosts = dict(re.findall(r'--from-literal=(\w+)="\$login@\$cluster-(\w+):5432/', README))
    assert hosts == {"url": "pooler", "migrate_url": "rw", "read_url": "ro"}


def test_folders_and_files_that_the_guide_names_exist() -> None:
    named = set(re.findall(r"`([a-z]+/[a-z./_]*|[a-z]+\.(?:env|yaml))`", README)) - {"keys/"}
    bases = (K8S, K8S / "overlays" / "prod", K8S / "database", ROOT)
    assert [name for name in sorted(named) if not any((base / name).exists() for base in bases)] == []
    assert {"base/", "settings.env", "overlays/prod"} <= named


def split(folder: Path, context: str, to: Path) -> Path:
    """Copies into a folder the keys that the guide puts into a context's Secret."""
    (command,) = re.findall(rf"keys-{context} \\\n(.*)\n", README)
    to.mkdir()
    for pattern in PATTERN.findall(command):
        for path in folder.glob(pattern):
            shutil.copy(path, to)
    return to


def test_keys_are_shared_out_so_that_no_context_makes_its_own(tmp_path: Path) -> None:
    keys.make(tmp_path / "keys")
    made = {path.name for path in (tmp_path / "keys").iterdir()}

    identity = split(tmp_path / "keys", "identity", tmp_path / "identity")
    ticketing = split(tmp_path / "keys", "ticketing", tmp_path / "ticketing")

    given = {path.name for path in identity.iterdir()}, {path.name for path in ticketing.iterdir()}
    assert given[0] | given[1] == made
    assert not given[0] & given[1]
    open_ring(identity, identity / "operator.key", lambda: pytest.fail("a secret was missing"))
    load_keyring(ticketing, now_s=0)
    load_links_key(ticketing, fresh="")
    assert ({path.name for path in identity.iterdir()}, {path.name for path in ticketing.iterdir()}) == given


async def test_after_a_restore_old_places_are_unknown_and_own_readers_go_on(tmp_path: Path) -> None:
    producer = await databases.opened("sandbox", tmp_path, SCHEMA)
    before = await producer.read(feed.head)
    told = re.search(r"BEGIN; (.*); COMMIT", README)
    assert told
    statements = told[1].replace("$epoch", "epo_after").split("; ")

    async def read_so_far(tx: Tx) -> None:
        await move_cursor(tx, "sandbox", Revision(), before)

    async def begin_anew(tx: Tx) -> None:
        for statement in statements:
            await tx.run(statement)

    await producer.write(read_so_far)  # it reads its own feed, so one database is both producer and reader
    await producer.write(begin_anew)

    with pytest.raises(RevisionUnknown):
        await feed.check_start(producer, before)
    cursor = await producer.read(read_cursor, "sandbox")
    assert cursor.epoch == "epo_after"
    assert await feed.check_start(producer, cursor) == before.position
    await producer.close()
