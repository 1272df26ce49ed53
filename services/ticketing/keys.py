"""The platform's keys for tickets and links: files in a folder, made at the first start.

ticket-<key id>.key holds an Ed25519 key. The id is the second in which the key was made, so the newest key has the
largest id. To change keys, add a file: the new key signs from the next start on, and the older keys still verify.
links.key holds the secret of online links.
"""

import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from services.kit.values import write_durably
from services.ticketing.codes import Keyring

TICKET_KEY = re.compile(r"ticket-([0-9a-f]{8})\.key")
LINKS_KEY = "links.key"


def load_keyring(folder: Path, *, now_s: int) -> Keyring:
    """Loads the ticket keys of a folder and makes the first. now_s: seconds since 1970. Raises ValueError for a broken
    file."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not ticket_keys(folder):
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_durably(folder / f"ticket-{now_s:08x}.key", pem)
    private = {key_id: read_key(path) for key_id, path in ticket_keys(folder).items()}
    return Keyring(max(private), private, {key_id: key.public_key() for key_id, key in private.items()})


def load_links_key(folder: Path, *, fresh: str) -> bytes:
    """Loads the secret of the links. fresh: the secret to store if there is none yet."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / LINKS_KEY
    if not path.exists():
        write_durably(path, fresh.encode())
    return path.read_bytes()


def ticket_keys(folder: Path) -> dict[int, Path]:
    """The key files of a folder by key id."""
    named = ((TICKET_KEY.fullmatch(path.name), path) for path in sorted(folder.iterdir()))
    return {int(match[1], 16): path for match, path in named if match}


def read_key(path: Path) -> Ed25519PrivateKey:
    """Reads the key in a file. Raises ValueError with the file's name."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        raise ValueError(f"{path.name} holds no key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} holds no Ed25519 key")  # noqa: TRY004 - the file is wrong, not the program
    return key
