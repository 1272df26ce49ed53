"""Sends mail over SMTP: encrypted, to a server with a valid certificate. Errors have the server's own words."""

import asyncio
import ipaddress
import re
import ssl
from pathlib import Path

from services.kit.values import BadSetting, Settings
from services.notifications.channels import DeliveryBlocked, DeliveryDelayed, DeliveryRefused
from services.notifications.emails import Mail

TIMEOUT_S = 20.0
TLS_PORT = 465
AUTO, STARTTLS, IMPLICIT, OFF = "auto", "starttls", "implicit", "off"
REFUSED_FOR_GOOD = range(500, 600)
# The server wants another sign-in, or encryption: the mail itself is not the reason.
SIGN_IN_REFUSED = {530, 534, 535, 538}
TOO_LARGE = 552

ADDRESSES = re.compile(r"[^\s<>()\[\]\"',;:]+@[^\s<>()\[\]\"',;:]+")
WORDS_MAX = 300


class Smtp:
    """Hands mail to an SMTP server."""

    def __init__(self, settings: Settings) -> None:
        """settings: the server, and the user that signs in. Raises BadSetting if a file cannot be read, or if the
        password would leave the machine without encryption."""
        self._settings = settings
        self._encrypted = encryption(settings)
        self._trusts = trusted(settings.smtp_ca_file)
        if settings.smtp_user:
            password(settings)

    async def send(self, mail: Mail) -> None:
        """Hands a mail over in a new connection. Raises DeliveryRefused or DeliveryDelayed."""
        import aiosmtplib  # noqa: PLC0415 - most installations under test have no mail server

        settings, to = self._settings, mail.recipient
        try:
            await aiosmtplib.send(
                mail.data,
                sender=mail.sender,
                recipients=[to],
                hostname=settings.smtp_host,
                port=settings.smtp_port,
                username=settings.smtp_user or None,
                password=await asyncio.to_thread(password, settings) if settings.smtp_user else None,
                use_tls=self._encrypted == IMPLICIT,
                start_tls={STARTTLS: True, AUTO: None}.get(self._encrypted, False),
                tls_context=self._trusts,
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            (last,) = refused.recipients
            raise outcome(last.code, last.message, to) from refused
        except aiosmtplib.SMTPDataError as refused:
            raise outcome(refused.code, refused.message, to) from refused
        except aiosmtplib.SMTPSenderRefused as refused:
            if refused.code == TOO_LARGE:
                raise outcome(refused.code, refused.message, to) from refused
            raise DeliveryBlocked(harmless(f"{refused.code} {refused.message}", to)) from refused
        except aiosmtplib.SMTPResponseException as refused:
            raise DeliveryBlocked(harmless(f"{refused.code} {refused.message}", to)) from refused
        except (aiosmtplib.SMTPException, OSError, BadSetting) as error:
            raise DeliveryBlocked(harmless(str(error) or type(error).__name__, to)) from error


def encryption(settings: Settings) -> str:
    """How the connection to the server is encrypted. By default mail leaves the machine encrypted or not at all: an
    attacker between the two who hides the server's offer of encryption stops the mail, but cannot read it. Raises
    BadSetting."""
    chosen, here = settings.smtp_tls, is_loopback(settings.smtp_host)
    if chosen not in (AUTO, STARTTLS, IMPLICIT, OFF):
        raise BadSetting(f"EVENTHUB_SMTP_TLS is none of {AUTO}, {STARTTLS}, {IMPLICIT} and {OFF}: {chosen!r}")
    if chosen == OFF and settings.smtp_user and not here:
        raise BadSetting(f"EVENTHUB_SMTP_TLS={OFF} would show the password of EVENTHUB_SMTP_USER to the network")
    if chosen != AUTO:
        return chosen
    if settings.smtp_port == TLS_PORT:
        return IMPLICIT
    return AUTO if here else STARTTLS


def trusted(ca_file: str) -> ssl.SSLContext:
    """A context that trusts the system's authorities and those in ca_file, unless it is empty. Raises BadSetting."""
    trusts = ssl.create_default_context()
    if ca_file:
        try:
            trusts.load_verify_locations(ca_file)
        except OSError as error:  # an SSLError is one
            raise BadSetting(f"EVENTHUB_SMTP_CA_FILE: no certificates can be read from {ca_file}: {error}") from error
    return trusts


def password(settings: Settings) -> str:
    """The password, read from its file each time: the operator may change it while the process runs. Raises
    BadSetting."""
    if not settings.smtp_password_file:
        raise BadSetting("EVENTHUB_SMTP_USER is set, EVENTHUB_SMTP_PASSWORD_FILE, the file with the password, is not")
    try:
        return Path(settings.smtp_password_file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"EVENTHUB_SMTP_PASSWORD_FILE cannot be read: {error}") from error


def outcome(code: int, text: str, to: str) -> DeliveryRefused | DeliveryDelayed:
    """The error for a server's answer to one mail. 5xx: the mail is refused for good. Other codes: it is delayed."""
    words = harmless(f"{code} {text}", to)
    if code in SIGN_IN_REFUSED:
        return DeliveryBlocked(words)
    return DeliveryRefused(words) if code in REFUSED_FOR_GOOD else DeliveryDelayed(words)


def harmless(text: str, to: str) -> str:
    """A server's words on one line, without addresses. to: the recipient, whose name is taken out as well."""
    line = ADDRESSES.sub("<address>", " ".join(text.split()))
    name = re.escape(to.partition("@")[0])
    return re.sub(rf"(?<!\w){name}(?!\w)", "<name>", line, flags=re.IGNORECASE)[:WORDS_MAX]


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
