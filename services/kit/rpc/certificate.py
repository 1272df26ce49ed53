"""This process's certificate, by which its neighbours know it: files that may be replaced while it runs.

A service is named by a URI in its certificate, spiffe://eventhub/<context>, as SPIFFE does; its host name is the
context too, wherever it runs.
"""

import re
from pathlib import Path
from typing import Any

import grpc

from eventhub.common.v1.options_pb2 import ACCESS_ANYONE, ACCESS_INTERNAL
from eventhub.contract import Method
from eventhub.refusals import AccessDenied
from services.kit.rpc.call import ANYONE, Caller
from services.kit.rpc.ending import Brought

TRUST_DOMAIN = "eventhub"
CERTIFICATE, KEY, AUTHORITY = "tls.crt", "tls.key", "ca.crt"
SPIFFE = re.compile(rf"spiffe://{TRUST_DOMAIN}/([a-z]+)")


class Certificate:
    """The files tls.crt, tls.key and ca.crt of a folder."""

    def __init__(self, folder: Path) -> None:
        """folder: where they are. Raises OSError where one is missing."""
        self._paths = tuple(folder / name for name in (CERTIFICATE, KEY, AUTHORITY))
        self._served = self.files()

    def files(self) -> tuple[bytes, bytes, bytes]:
        """Certificate, key and authority as they are now."""
        certificate, key, authority = (path.read_bytes() for path in self._paths)
        return certificate, key, authority

    def for_channels(self) -> grpc.ChannelCredentials:
        """What to call a neighbour with. Holds the files as they are now: open another channel after a change."""
        certificate, key, authority = self.files()
        return grpc.ssl_channel_credentials(authority, key, certificate)

    def for_a_server(self) -> grpc.ServerCredentials:
        """What to serve neighbours with: each must show a certificate of the same authority. Files that have changed
        are used from the next connection on."""
        return grpc.dynamic_ssl_server_credentials(
            configuration(self._served),
            self._renewed,  # type: ignore[arg-type]  # None for "as before": the stubs leave that out
            require_client_authentication=True,
        )

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new files, None where they are as before. Where half of them is there, the old ones stay in use."""
        try:
            found = self.files()
        except OSError:
            return None
        if found == self._served:
            return None
        self._served = found
        return configuration(found)


def configuration(files: tuple[bytes, bytes, bytes]) -> grpc.ServerCertificateConfiguration:
    """A server's certificate configuration."""
    certificate, key, authority = files
    return grpc.ssl_server_certificate_configuration([(key, certificate)], authority)


def service_named(names: list[bytes]) -> str:
    """The context that one of a certificate's alternative names stands for; empty without one."""
    for name in names:
        found = SPIFFE.fullmatch(name.decode(errors="replace"))
        if found:
            return found[1]
    return ""


async def caller(method: Method, context: Any, _: Brought) -> Caller:
    """The context that calls, by the certificate it showed. Raises AccessDenied where it names none, but for what
    anyone may ask."""
    service = service_named(list(context.auth_context().get("x509_subject_alternative_name", ())))
    if not service and ACCESS_ANYONE in method.access:
        return ANYONE
    if not service:
        raise AccessDenied(needs="a certificate of a context")
    return Caller(kind=ACCESS_INTERNAL, service=service)
