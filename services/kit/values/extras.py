"""The needs of a context beyond those that every context has: a database, a certificate, its neighbours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """EXTRAS in a context's __init__.py. The manifests, compose.yaml and tests read it.

    keys: whether it reads the platform's keys, from the folder EVENTHUB_KEYS_DIR. paths: the HTTP paths that it answers
    to callers from outside; "/join/" stands for all paths below it. volume: the name of the volume that keeps the files
    of its data folder; empty if it has none to keep. own_cluster: whether its database has PostgreSQL servers that
    no other context uses. reads_behind: whether it reads from replicas of its database.
    """

    keys: bool = False
    paths: tuple[str, ...] = ()
    volume: str = ""
    own_cluster: bool = False
    reads_behind: bool = False
