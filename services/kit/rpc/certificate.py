"""This process's certificate for mutual TLS between contexts. Its files may be replaced while the process runs.

A certificate names a context by the SPIFFE URI spiffe://eventhub/<context>. It also contains the context as a DNS name,
which callers check in place of the host's real name.
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
        """folder: the folder with the three files. Raises OSError if one of them is missing."""
        self._paths = tuple(folder / name for name in (CERTIFICATE, KEY, AUTHORITY))
        self._served = self.files()

    def files(self) -> tuple[bytes, bytes, bytes]:
        """Reads certificate, key and authority. Raises OSError if one is missing."""
        certificate, key, authority = (path.read_bytes() for path in self._paths)
        return certificate, key, authority

    def for_channels(self) -> grpc.ChannelCredentials:
        """Credentials for calling another context. They keep the files as they are now, so open a new channel after the
        files change."""
        certificate, key, authority = self.files()
        return grpc.ssl_channel_credentials(authority, key, certificate)

    def for_a_server(self) -> grpc.ServerCredentials:
        """Credentials for serving other contexts; each caller must show a certificate of the same authority. Changed
        files take effect with the next connection."""
        return grpc.dynamic_ssl_server_credentials(
            configuration(self._served),
            self._renewed,  # type: ignore[arg-type]  # None means "unchanged", which the stubs do not know
            require_client_authentication=True,
        )

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        """The new files; None if they are unchanged, or if one is missing because they are being replaced."""
        try:
            found = self.files()
        except OSError:
            return None
        if found == self._served:
            return None
        self._served = found
        return configuration(found)


def configuration(files: tuple[bytes, bytes, bytes]) -> grpc.ServerCertificateConfiguration:
    """The files as gRPC's server takes them."""
    certificate, key, authority = files
    return grpc.ssl_server_certificate_configuration([(key, certificate)], authority)


def service_named(names: list[bytes]) -> str:
    """The context in a certificate's SPIFFE URI; empty if there is none.

    names: the certificate's subject alternative names.
    """
    for name in names:
        found = SPIFFE.fullmatch(name.decode(errors="replace"))
        if found:
            return found[1]
    return ""


async def caller(method: Method, context: Any, _: Brought) -> Caller:
    """The calling context, from its certificate. If the certificate names no context, the caller may only call methods
    that are open to anyone, such as health; AccessDenied is raised for others."""
    service = service_named(list(context.auth_context().get("x509_subject_alternative_name", ())))
    if not service and ACCESS_ANYONE in method.access:
        return ANYONE
    if not service:
        raise AccessDenied(needs="a certificate of a context")
    return Caller(kind=ACCESS_INTERNAL, service=service)
