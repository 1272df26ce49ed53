"""Settings: read once, complete or fatal. Secrets are paths to files."""

import os
from dataclasses import dataclass
from pathlib import Path

from services.kit.addresses import networks

# What nobody else may do with a file.
PRIVATE = 0o077


class BadSetting(ValueError):
    """A setting, or the file it names, is of no use. Its text says which and why, for whoever set it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this installation runs. Every field can be set by EVENTHUB_<NAME> in the environment.

    data_dir: where databases, keys and sent mail lie. port: gRPC; 0: a free one. http_port: join links; 0: a free one.
    host: where both listen. public_url: how the HTTP port is reached from outside; empty: by host and port.
    log_level: debug, info, warning or error. smtp_host: where mail goes; empty: files in data_dir/mail.
    smtp_port, smtp_user, smtp_password_file: for smtp_host. smtp_tls: "starttls", "implicit" or "off"; "auto": implicit
    on port 465, elsewhere STARTTLS, which only a server on this machine may do without. smtp_ca_file: certificates of
    authorities to trust besides the system's. mail_from: who mail is from. mail_reply_to: where answers go, if not to
    mail_from. breaker_wait_s: how long a payment provider is left alone after its breaker opened, doubled each time it
    fails again.
    gateways: the networks, such as "10.0.0.0/8,fd00::/8", of what stands in front and says in x-forwarded-for whom it
    calls for: callers without a name are counted by address, and behind a gateway would all be one.
    failpoints: for tests, see services.kit.failpoint.
    pulse_s: how often it is measured how long calls queue; 0: never, and no call is refused for queueing.

    For a mesh of one process a context (the other ports are opened by services.serve only):
    database_url: where PostgreSQL is, "{context}" standing for the context's name; empty: SQLite in data_dir.
    database_url_file: a file that holds database_url, for secrets that are mounted.
    mesh_port: gRPC between contexts, by mutual TLS. health_port: gRPC health for probes, in plain text, nothing else.
    metrics_port: Prometheus metrics over HTTP. 0: a free one; negative: none.
    neighbours: where the mesh ports of the others are, a gRPC target with "{context}" for the name, or
    "identity=target;catalog=target;...".
    tls_dir: the folder with ca.crt, tls.crt and tls.key of this process.
    keys_dir: the platform's signing keys, the same for all replicas; empty: data_dir/keys.
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
    port: int = 7070
    http_port: int = 7071
    public_url: str = ""
    log_level: str = "info"
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_user: str = ""
    smtp_password_file: str = ""
    smtp_tls: str = "auto"
    smtp_ca_file: str = ""
    mail_from: str = "EventHub <tickets@eventhub.example>"
    mail_reply_to: str = ""
    breaker_wait_s: float = 5.0
    gateways: str = ""
    failpoints: str = ""
    pulse_s: float = 0.2
    database_url: str = ""
    database_url_file: str = ""
    mesh_port: int = 7072
    health_port: int = 7073
    metrics_port: int = 7074
    neighbours: str = "dns:///{context}:7072"
    tls_dir: str = ""
    keys_dir: str = ""
    connection_age_s: float = 600.0
    connection_grace_s: float = 660.0
    linger_s: float = 0.0
    drain_s: float = 0.0
    grace_s: float = 10.0

    @property
    def keys_folder(self) -> Path:
        """Where the platform's signing keys lie."""
        return Path(self.keys_dir) if self.keys_dir else self.data_dir / "keys"

    @property
    def operator_key(self) -> Path:
        """The file with the operator's secret."""
        return (Path(self.keys_dir) if self.keys_dir else self.data_dir) / "operator.key"


def from_environment(**given: object) -> Settings:
    """Settings from the environment, then from what is given (None: not given). Raises ValueError for what is odd."""
    known = {name: kind.__name__ for name, kind in Settings.__annotations__.items()}
    values: dict[str, object] = {}
    for key, text in os.environ.items():
        if not key.startswith("EVENTHUB_"):
            continue
        name = key.removeprefix("EVENTHUB_").lower()
        if name not in known:
            raise ValueError(f"{key} is no setting of EventHub")
        values[name] = cast_to(known[name], key, text)
    values.update({name: value for name, value in given.items() if value is not None})
    settings = Settings(**values)  # type: ignore[arg-type]  # each was cast to its field's type above
    networks(settings.gateways)
    return settings


def open_data_dir(settings: Settings) -> None:
    """Makes the data folder if there is none. From now on this process writes files for its own user alone: they hold
    addresses, mail and keys. Raises OSError."""
    os.umask(PRIVATE)
    settings.data_dir.mkdir(parents=True, exist_ok=True)


def database_url(settings: Settings) -> str:
    """Where PostgreSQL is, empty for SQLite. Raises OSError where the file that says so cannot be read."""
    if settings.database_url_file:
        return Path(settings.database_url_file).read_text().strip()
    return settings.database_url


def cast_to(kind: str, key: str, text: str) -> object:
    """A setting's text as its type."""
    try:
        return {"int": int, "float": float, "Path": Path, "str": str}[kind](text)
    except ValueError:
        raise ValueError(f"{key} is no {kind}: {text!r}") from None


def traced_as(service: str) -> str:
    """The name under which this process tells OpenTelemetry of its spans, as its SDK's own environment has it; empty
    where that names no place to send them to. service: the name where it says none."""
    places = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or not any(os.environ.get(place) for place in places):
        return ""
    return os.environ.get("OTEL_SERVICE_NAME") or service
