"""Makes the platform's signing keys, which all replicas share: python -m services.keys FOLDER.

identity signs tokens with them, and ticketing signs tickets and links; the operator's secret is among them. Keys that
exist already are kept. Kubernetes mounts the folder as a Secret, and EVENTHUB_KEYS_DIR names it.
"""

import argparse
from pathlib import Path

from services.identity.keys import open_ring
from services.kit.values import SECOND_US, SystemClock, SystemIds
from services.ticketing.keys import load_keyring, load_links_key


def main() -> None:
    """Makes the keys that are missing."""
    parser = argparse.ArgumentParser(prog="keys", description="Makes EventHub's signing keys.")
    parser.add_argument("folder", type=Path, help="where they are kept")
    make(parser.parse_args().folder)


def make(folder: Path) -> None:
    """Makes the keys of a folder that are missing, each whole or not at all."""
    ids = SystemIds()
    open_ring(folder, folder / "operator.key", ids.secret)
    load_keyring(folder, now_s=SystemClock().now_us() // SECOND_US)
    load_links_key(folder, fresh=ids.secret())


if __name__ == "__main__":
    main()
