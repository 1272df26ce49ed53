"""Settings of a process. They are read once at its start, and a wrong one ends it with an explanation. A secret is
given as a path to a file."""

import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta

from eventhub import contract
from services.kit.values import failpoints
from services.kit.values.addresses import networks
from services.kit.values.database_url import options

PREFIX = "EVENTHUB_"
# The umask that keeps files from all other users.
PRIVATE = 0o077
YEAR_S = 31_536_000.0
# Types of settings, with the limits that are checked.
Port = Annotated[int, Meta(ge=0, le=65_535)]
PortOrNone = Annotated[int, Meta(ge=-1, le=65_535)]
Count = Annotated[int, Meta(ge=0)]
AtLeastOne = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0, le=YEAR_S)]
LogLevel = Literal["debug", "info", "warning", "error"]
YesOrNo = Literal["yes", "no"]
AutoYesNo = Literal["auto", "yes", "no"]
LogFormat = Literal["auto", "text", "json"]


class BadSetting(ValueError):
    """A setting, or the file that it names, cannot be used. Its text tells the operator which one and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of this process. EVENTHUB_<NAME> in the environment sets a field; --help prints the comments."""

    # The folder with databases, keys and sent mail.
    data_dir: Path = Path("data")
    # The address on which all ports listen.
    host: str = "127.0.0.1"
    # The public gRPC port; 0 for a free one.
    port: Port = 7070
    # The HTTP port, for join links and the public keys of tokens (/.well-known/jwks.json); 0 for a free one.
    http_port: Port = 7071
    # The URL by which clients reach the HTTP port; it is also the issuer of tokens. Empty: http://host:port.
    public_url: str = ""
    # The least severe level that is logged: debug, info, warning or error.
    log_level: LogLevel = "info"
    # "json", or "text" for people; "auto" is text on a terminal, json otherwise.
    log_format: LogFormat = "auto"

    # The mail server; empty to write mail to files in data_dir/mail instead.
    smtp_host: str = ""
    # The mail server's port.
    smtp_port: Port = 587
    # The user to log in as; empty to send without logging in.
    smtp_user: str = ""
    # A file with the password of smtp_user.
    smtp_password_file: str = ""
    # "starttls", "implicit" or "off". "auto": implicit on port 465, STARTTLS on others. With "auto", only a server on
    # this machine may lack STARTTLS.
    smtp_tls: str = "auto"
    # A file with certificates of authorities to trust in addition to the system's.
    smtp_ca_file: str = ""
    # The sender of all mail.
    mail_from: str = "EventHub <tickets@eventhub.example>"
    # The address for replies; empty for mail_from.
    mail_reply_to: str = ""
    # How long changes of an event are gathered before ticket holders get one message about all of them.
    changes_wait_s: Seconds = 600.0

    # The platform's part of the money that a payment provider takes for organizers, in thousandths.
    fee_permille: Annotated[int, Meta(ge=0, le=500)] = 0
    # Whether the sandbox, a payment provider that moves no money, may take payments: "yes" or "no". "auto": no if
    # public_url is set, because buyers could then get tickets for nothing.
    sandbox: AutoYesNo = "auto"
    # How long calls to a payment provider stop after its circuit breaker opens; doubles with each failed probe.
    breaker_wait_s: Seconds = 5.0

    # How many guest sessions one network address may begin in a minute. Many people may share an address.
    guests_per_minute: AtLeastOne = 300
    # Networks of trusted proxies, such as "10.0.0.0/8,fd00::/8". Limits per address use x-forwarded-for only if the
    # call comes from one of them. Without this setting, all clients behind a proxy count as one address.
    gateways: str = ""
    # How many calls all clients at one address may run at once. The limit for each client is fixed.
    calls_per_address: Count = 200
    # How many watches the process may have open. Those of the least important kind, such as seat maps, may fill half.
    watches: AtLeastOne = 5_000
    # How many watches all clients at one address may have open.
    watches_per_address: Count = 500
    # After how long a connection to the public port without calls is closed.
    connection_idle_s: Seconds = 10.0
    # How many connections to the public port one address may have. The newest above it are closed within a second.
    connections_per_address: AtLeastOne = 500
    # Whether servers offer gRPC reflection: "yes" or "no".
    reflection: YesOrNo = "yes"
    # How many places all guests at one address may hold together, if they have not proven their address; 0 for no
    # limit. Many people may share an address.
    places_per_address: Count = 200
    # How long places are kept for a person on a waiting list who is offered them.
    waiting_offer_s: Seconds = 30 * 60.0

    # How many hours before an event the unsold places of the half-price reserve open to all buyers. The law allows no
    # more than 48.
    reserve_hours: Annotated[int, Meta(ge=0, le=48)] = 48
    # The same for events of more than 10,000 places. The law allows no more than 72.
    reserve_hours_large: Annotated[int, Meta(ge=0, le=72)] = 72
    # How long before an event begins its gates admit people.
    check_in_before_s: Seconds = 12 * 3600.0
    # How long after an event ends its gates admit people.
    check_in_after_s: Seconds = 6 * 3600.0
    # How long before an online event begins its join links work. They work until it ends.
    join_before_s: Seconds = 30 * 60.0

    # For tests only: failpoints to arm, see services.kit.values.failpoints.
    failpoints: str = ""
    # How often to measure how long calls queue; 0 for never. Without it no call is refused because calls queue.
    queue_probe_s: Seconds = 0.2

    # The URL of PostgreSQL, with "{context}" for the context's name; empty for SQLite in data_dir.
    database_url: str = ""
    # A file with the database_url, for secrets that are mounted.
    database_url_file: str = ""
    # The URL of read replicas of that PostgreSQL, for reads whose answers may be some seconds old; empty for none.
    database_read_url: str = ""
    # A file with the database_read_url.
    database_read_url_file: str = ""
    # services.serve only: the gRPC port for other contexts, with mutual TLS; 0 for a free one.
    mesh_port: Port = 7072
    # services.serve only: the port of gRPC health for probes, in plain text; it serves nothing else. 0 for a free one.
    health_port: Port = 7073
    # The port of Prometheus metrics over HTTP; 0 for a free one, -1 for none.
    metrics_port: PortOrNone = 7074
    # services.serve only: the mesh ports of the other contexts, a gRPC target with "{context}" for the name, or
    # "identity=target;catalog=target;...".
    neighbours: str = "dns:///{context}:7072"
    # services.serve only: the folder with this process's ca.crt, tls.crt and tls.key.
    tls_dir: str = ""
    # The folder with the platform's signing keys, which all replicas share; empty for data_dir/keys.
    keys_dir: str = ""
    # For one start: databases and keys that are lost for good and shall begin empty, such as "orders,links.key".
    begin_anew: str = ""

    # How long a connection takes new calls. Clients then connect again, which lets them find new replicas and makes
    # other contexts show their renewed certificates.
    connection_age_s: Seconds = 600.0
    # How long running calls may continue on a connection of that age. Longer than a token lives, so that no watch ends
    # because of it.
    connection_grace_s: Seconds = 660.0
    # How long a process goes on as before after SIGTERM. Set it above the time for which DNS answers are cached:
    # clients that reconnect then find other replicas before this one ends.
    linger_s: Seconds = 0.0
    # How long calls are still accepted after health has said NOT_SERVING, so that clients notice.
    drain_s: Seconds = 0.0
    # How long running calls may continue after that.
    grace_s: Seconds = 10.0

    @property
    def keys_folder(self) -> Path:
        """The folder with the platform's signing keys."""
        return Path(self.keys_dir) if self.keys_dir else self.data_dir / "keys"

    @property
    def anew(self) -> set[str]:
        """The names of lost databases and keys that begin empty."""
        return set(filter(None, self.begin_anew.split(",")))

    @property
    def operator_key(self) -> Path:
        """The file with the operator's secret."""
        return (Path(self.keys_dir) if self.keys_dir else self.data_dir) / "operator.key"


def from_environment(**given: str | None) -> Settings:
    """Reads settings from the environment. Raises BadSetting, which names every wrong setting at once.

    given: values of the command line, which override the environment; None for an option that was not given.
    """
    said = {key.removeprefix(PREFIX).lower(): (key, text) for key, text in os.environ.items() if key.startswith(PREFIX)}
    said |= {name: (f"--{name.replace('_', '-')}", text) for name, text in given.items() if text is not None}
    kinds = get_type_hints(Settings, include_extras=True)
    values: dict[str, Any] = {}
    odd = [f"{source} is no setting of EventHub" for name, (source, _) in said.items() if name not in kinds]
    for name, (source, value) in said.items():
        try:
            if name in kinds:
                values[name] = msgspec.convert(value, kinds[name], strict=False, dec_hook=lambda kind, raw: kind(raw))
        except msgspec.ValidationError:
            odd.append(f"{source} is {value!r}, not {wanted(kinds[name])}")
    if odd:
        raise BadSetting("; ".join(odd))
    settings = Settings(**values)
    check(settings)
    return settings


def wanted(kind: Any) -> str:
    """Describes the values of a type of setting, such as "a whole number from 0 to 65,535"."""
    of, *metas = get_args(kind) or (kind,)
    if not isinstance(of, type):
        return f"one of {', '.join(get_args(kind))}"
    noun = {int: "a whole number", float: "a number"}.get(of, f"a {of.__name__}")
    least, most = next(((meta.ge, meta.le) for meta in metas), (None, None))
    if most is not None:
        return f"{noun} from {least:g} to {most:,.0f}"
    return noun if least is None else f"{noun} from {least:g} on"


def check(settings: Settings) -> None:
    """Checks the settings that are more than a number or a word. Raises BadSetting."""
    rules: list[tuple[str, Callable[[str], object], str]] = [
        ("EVENTHUB_GATEWAYS", networks, settings.gateways),
        ("EVENTHUB_FAILPOINTS", failpoints.check, settings.failpoints),
        ("EVENTHUB_NEIGHBOURS", check_neighbours, settings.neighbours),
    ]
    for kind in ("database_url", "database_read_url"):
        if url := database_url(settings, kind):
            source = f"{PREFIX}{kind.upper()}"
            rules.append((f"{source}_FILE" if getattr(settings, f"{kind}_file") else source, options, url))
    if url and not database_url(settings):
        raise BadSetting("EVENTHUB_DATABASE_READ_URL needs EVENTHUB_DATABASE_URL, the primary of the replicas")
    for name, checked, value in rules:
        try:
            checked(value)
        except ValueError as odd:
            raise BadSetting(f"{name}: {odd}") from None


def check_neighbours(setting: str) -> None:
    """Checks that a setting names a target for every context. Raises ValueError."""
    named = {part.partition("=")[0] for part in setting.split(";")}
    missing = set(contract.contexts()) - named
    if missing and "{context}" not in setting:
        raise ValueError(f"it names no target for {', '.join(sorted(missing))}")


def check_ports(settings: Settings, *names: str) -> None:
    """Checks that the process can listen on some ports, before it creates anything. Raises BadSetting for a port that
    is taken or not permitted.

    names: the settings that hold the ports.
    """
    for name in names:
        port = getattr(settings, name)
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((settings.host, max(port, 0)))
            except OSError as odd:
                set_by = f"--{name.replace('_', '-')}, EVENTHUB_{name.upper()}"
                raise BadSetting(f"cannot listen on {settings.host}:{port}: {odd.strerror} ({set_by})") from None


def open_data_dir(settings: Settings) -> None:
    """Makes the data folder if there is none. From now on, only the user of this process can read the files it writes:
    they contain addresses, mail and keys. Raises BadSetting if the folder cannot be made or written to."""
    os.umask(PRIVATE)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as odd:
        raise BadSetting(f"the data folder cannot be used (EVENTHUB_DATA_DIR): {odd}") from None


def database_url(settings: Settings, kind: str = "database_url") -> str:
    """The URL of PostgreSQL, with "{context}" for the name; empty for SQLite. Raises BadSetting if the file that holds
    it is empty or cannot be read.

    kind: the setting; "database_read_url" for the URL of read replicas, empty for none.
    """
    file = getattr(settings, f"{kind}_file")
    if not file:
        return str(getattr(settings, kind))
    source = f"{PREFIX}{kind.upper()}_FILE"
    try:
        url = Path(file).read_text().strip()
    except (OSError, ValueError) as odd:
        raise BadSetting(f"{source} cannot be read: {odd}") from None
    if not url:
        raise BadSetting(f"{source}: {file} is empty")
    return url


def traced_as(service: str) -> str:
    """The service name for OpenTelemetry's spans, from the SDK's own environment variables; empty if they name no
    endpoint. service: the name to use if OTEL_SERVICE_NAME is not set."""
    places = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or not any(os.environ.get(place) for place in places):
        return ""
    return os.environ.get("OTEL_SERVICE_NAME") or service
