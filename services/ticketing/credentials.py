"""Codes and links let a holder in. They are made from a ticket and the platform's keys on demand and never stored."""

from collections.abc import Callable
from dataclasses import dataclass

from services.ticketing import codes, links
from services.ticketing.codes import Code, Keyring
from services.ticketing.tickets import Ticket

KEYS_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Credentials:
    """Makes and reads codes and links. public_url: returns the address of the HTTP port, known once it listens."""

    keyring: Keyring
    links_key: bytes
    public_url: Callable[[], str]

    def code(self, ticket: Ticket) -> str:
        """Makes a ticket's code, for its QR picture."""
        return codes.sign(
            self.keyring, event_id=ticket.event_id, ticket_id=ticket.ticket_id, generation=ticket.generation
        )

    def read_code(self, text: str) -> Code:
        """Reads a code. Raises TicketForged."""
        return codes.read(self.keyring, text)

    def verification_keys(self) -> list[tuple[int, bytes]]:
        """The ids and raw public keys that verify codes, newest first, at most KEYS_SHOWN_MAX."""
        newest_first = sorted(self.keyring.public.items(), reverse=True)[:KEYS_SHOWN_MAX]
        return [(key_id, key.public_bytes_raw()) for key_id, key in newest_first]

    def link(self, ticket: Ticket) -> str:
        """Makes a ticket's online link, an absolute URL."""
        token = links.make(self.links_key, ticket_id=ticket.ticket_id, generation=ticket.generation)
        return f"{self.public_url().rstrip('/')}/join/{token}"

    def read_token(self, token: str) -> tuple[str, int]:
        """Reads the ticket's id and generation from a link's token. Raises LinkInvalid."""
        return links.read(self.links_key, token)
