"""Settings: read once, complete or fatal. Secrets are paths to files."""

import inspect
import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta

from eventhub import contract
from services.kit.values import failpoints
from services.kit.values.addresses import networks
from services.kit.values.database_url import options

PREFIX = "EVENTHUB_"
# What nobody else may do with a file.
PRIVATE = 0o077
YEAR_S = 31_536_000.0
# What may be said of a setting beyond its type is said here, and checked with it.
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
    """A setting, or the file it names, is of no use. Its text says which and why, for whoever set it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Every field can be set by EVENTHUB_<NAME> in the environment.

    data_dir: where databases, keys and sent mail lie. port: gRPC; 0: a free one. http_port: join links and the keys of
    tokens (/.well-known/jwks.json); 0: a free one. host: where both listen. public_url: how the HTTP port is reached
    from outside, and the issuer of tokens; empty: by host and port.
    log_level: debug, info, warning or error. log_format: text or json; auto: text on a terminal.
    smtp_host: where mail goes; empty: files in data_dir/mail.
    smtp_port, smtp_user, smtp_password_file: for smtp_host. smtp_tls: "starttls", "implicit" or "off"; "auto": implicit
    on port 465, elsewhere STARTTLS, which only a server on this machine may do without. smtp_ca_file: certificates of
    authorities to trust besides the system's. mail_from: who mail is from. mail_reply_to: where answers go, if not to
    mail_from. mail_changes_wait_s: how long changes of an event are gathered before one mail tells them.
    sandbox: whether payments may be taken by the sandbox, the one provider there is, which takes no money: "no"; "yes";
    "auto": unless public_url is set, for then people would pay with it.
    breaker_wait_s: how long a payment provider is left alone after its breaker opened, doubled each time it fails
    again.
    guests_per_minute: how many guest sessions one network address may begin; many people may share an address.
    gateways: the networks, such as "10.0.0.0/8,fd00::/8", of what stands in front and says in x-forwarded-for whom it
    calls for: callers without a name are counted by address, and behind a gateway would all be one.
    calls_per_address, watches_per_address: how many calls at once, and how many lasting streams, all callers at one
    address may have together; an address may be that of many people. How many each of them may have is no setting.
    connection_idle_s: after how long a connection of the public port is ended that has no call, or never had one.
    connections_per_address: how many connections of the public port one address may have; the youngest beyond are ended
    within a second.
    reflection: "yes" or "no", whether servers tell what they serve (gRPC reflection).
    places_per_address: how many places guests at one address who have not proven their contact may hold together; an
    address may be that of many people. 0: they are not counted by it.
    reserve_hours, reserve_hours_large: how long before an event the places that are kept for half price, as far as
    they are unsold, are open to all; large: for events of more than 10,000 places. The law allows for no earlier time.
    failpoints: for tests, see services.kit.values.failpoints.
    check_in_before_s, check_in_after_s: how long before an event begins and after it ends gates let people in.
    join_before_s: how long before an online event begins its links open it, which they do until it ends.
    pulse_s: how often it is measured how long calls queue; 0: never, and no call is refused for queueing.

    For a mesh of one process a context (the other ports are opened by services.serve only):
    database_url: where PostgreSQL is, "{context}" standing for the context's name; empty: SQLite in data_dir.
    database_url_file: a file that holds database_url, for secrets that are mounted.
    mesh_port: gRPC between contexts, by mutual TLS. health_port: gRPC health for probes, in plain text, nothing else.
    metrics_port: Prometheus metrics over HTTP. 0: a free one; -1: none.
    neighbours: where the mesh ports of the others are, a gRPC target with "{context}" for the name, or
    "identity=target;catalog=target;...".
    tls_dir: the folder with ca.crt, tls.crt and tls.key of this process.
    keys_dir: the platform's signing keys, the same for all replicas; empty: data_dir/keys.
    begin_anew: databases and keys that were lost for good and are made anew, as "orders,links.key"; for one start.
    connection_age_s: how long a connection is used for new calls: then callers connect again, and so find new replicas
    and show new certificates. connection_grace_s: how long its last calls may go on; by default longer than a token
    lives, so that no watch is cut off by it.
    linger_s: how long a process that is told to end goes on as before, above what names of it are cached for: callers
    that look for others find them before they hear that this one ends.
    drain_s: how long after saying NOT_SERVING calls are still taken, so that callers notice.
    grace_s: how long calls under way may go on after that.
    """

    data_dir: Path = Path("data")
    host: str = "127.0.0.1"
    port: Port = 7070
    http_port: Port = 7071
    public_url: str = ""
    log_level: LogLevel = "info"
    log_format: LogFormat = "auto"
    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_user: str = ""
    smtp_password_file: str = ""
    smtp_tls: str = "auto"
    smtp_ca_file: str = ""
    mail_from: str = "EventHub <tickets@eventhub.example>"
    mail_reply_to: str = ""
    mail_changes_wait_s: Seconds = 600.0
    sandbox: AutoYesNo = "auto"
    breaker_wait_s: Seconds = 5.0
    guests_per_minute: AtLeastOne = 300
    gateways: str = ""
    calls_per_address: Count = 200
    watches_per_address: Count = 500
    connection_idle_s: Seconds = 10.0
    connections_per_address: AtLeastOne = 500
    reflection: YesOrNo = "yes"
    places_per_address: Count = 200
    reserve_hours: Annotated[int, Meta(ge=0, le=48)] = 48
    reserve_hours_large: Annotated[int, Meta(ge=0, le=72)] = 72
    failpoints: str = ""
    check_in_before_s: Seconds = 12 * 3600.0
    check_in_after_s: Seconds = 6 * 3600.0
    join_before_s: Seconds = 30 * 60.0
    pulse_s: Seconds = 0.2
    database_url: str = ""
    database_url_file: str = ""
    mesh_port: Port = 7072
    health_port: Port = 7073
    metrics_port: PortOrNone = 7074
    neighbours: str = "dns:///{context}:7072"
    tls_dir: str = ""
    keys_dir: str = ""
    begin_anew: str = ""
    connection_age_s: Seconds = 600.0
    connection_grace_s: Seconds = 660.0
    linger_s: Seconds = 0.0
    drain_s: Seconds = 0.0
    grace_s: Seconds = 10.0

    @property
    def keys_folder(self) -> Path:
        """Where the platform's signing keys lie."""
        return Path(self.keys_dir) if self.keys_dir else self.data_dir / "keys"

    @property
    def anew(self) -> set[str]:
        """The names of what is made anew though there was one."""
        return set(filter(None, self.begin_anew.split(",")))

    @property
    def operator_key(self) -> Path:
        """The file with the operator's secret."""
        return (Path(self.keys_dir) if self.keys_dir else self.data_dir) / "operator.key"


def from_environment(**given: str | None) -> Settings:
    """Settings from the environment, then from what is given on the command line (None: not given). Raises BadSetting
    for whatever is odd, all of it at once."""
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
    """What a setting of a type is, in words."""
    of, *metas = get_args(kind) or (kind,)
    if not isinstance(of, type):
        return f"one of {', '.join(get_args(kind))}"
    noun = {int: "a whole number", float: "a number"}.get(of, f"a {of.__name__}")
    least, most = next(((meta.ge, meta.le) for meta in metas), (None, None))
    if most is not None:
        return f"{noun} from {least:g} to {most:,.0f}"
    return noun if least is None else f"{noun} from {least:g} on"


def check(settings: Settings) -> None:
    """What no type says. Raises BadSetting."""
    rules: list[tuple[str, Callable[[str], object], str]] = [
        ("EVENTHUB_GATEWAYS", networks, settings.gateways),
        ("EVENTHUB_FAILPOINTS", failpoints.check, settings.failpoints),
        ("EVENTHUB_NEIGHBOURS", check_neighbours, settings.neighbours),
    ]
    if url := database_url(settings):
        source = "EVENTHUB_DATABASE_URL_FILE" if settings.database_url_file else "EVENTHUB_DATABASE_URL"
        rules.append((source, options, url))
    for name, checked, value in rules:
        try:
            checked(value)
        except ValueError as odd:
            raise BadSetting(f"{name}: {odd}") from None


def check_neighbours(setting: str) -> None:
    """Whether a setting says where every context is. Raises ValueError."""
    named = {part.partition("=")[0] for part in setting.split(";")}
    missing = {rpc.context for rpc in contract.by_path().values()} - named
    if missing and "{context}" not in setting:
        raise ValueError(f"it does not say where {', '.join(sorted(missing))} is")


def check_ports(settings: Settings, *names: str) -> None:
    """Whether the ports of some settings can be had, before anything is made. Raises BadSetting for one that is taken,
    or may not be used."""
    for name in names:
        port = getattr(settings, name)
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((settings.host, max(port, 0)))
            except OSError as odd:
                raise BadSetting(
                    f"cannot listen on {settings.host}:{port}: {odd.strerror} "
                    f"(--{name.replace('_', '-')}, EVENTHUB_{name.upper()})"
                ) from None


def reference() -> str:
    """Every setting with what it is by default, and what each is for."""
    names = "\n".join(f"  {PREFIX}{field.name.upper()}={field.default}" for field in fields(Settings))
    return f"Settings, from the environment:\n{names}\n\n{inspect.getdoc(Settings)}"


def open_data_dir(settings: Settings) -> None:
    """Makes the data folder if there is none. From now on this process writes files for its own user alone: they hold
    addresses, mail and keys. Raises BadSetting where none can be made or written to."""
    os.umask(PRIVATE)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings.data_dir):
            pass
    except OSError as odd:
        raise BadSetting(f"the data folder cannot be used (EVENTHUB_DATA_DIR): {odd}") from None


def database_url(settings: Settings) -> str:
    """Where PostgreSQL is, empty for SQLite. Raises BadSetting where the file that says so does not say it."""
    if not settings.database_url_file:
        return settings.database_url
    try:
        url = Path(settings.database_url_file).read_text().strip()
    except (OSError, ValueError) as odd:
        raise BadSetting(f"EVENTHUB_DATABASE_URL_FILE cannot be read: {odd}") from None
    if not url:
        raise BadSetting(f"EVENTHUB_DATABASE_URL_FILE: {settings.database_url_file} is empty")
    return url


def traced_as(service: str) -> str:
    """The name under which this process tells OpenTelemetry of its spans, as its SDK's own environment has it; empty
    where that names no place to send them to. service: the name where it says none."""
    places = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or not any(os.environ.get(place) for place in places):
        return ""
    return os.environ.get("OTEL_SERVICE_NAME") or service
