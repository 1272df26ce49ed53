"""Makes the base class of eventhub.client.EventHub: a typed stub for each public service. scripts/gen calls it."""

import re

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.face import OURS, PUBLIC, module

HEAD = '''"""The stubs of all public services. Generated from the contract by scripts/gen."""

from collections.abc import Callable

%s

class Stubs:
    """A stub for each public service, by its name: OrdersService is `orders`."""

    def __init__(self, channel: Callable[[str], Channel]) -> None:
        """channel: returns the channel to a context, by the context's name."""
%s'''
CHANNEL = "from eventhub.channel import Channel"


def stubs(image: FileDescriptorSet) -> str:
    """Returns the source of eventhub/stubs.py."""
    found = sorted(
        (f"{module(file)}_grpc", service.name)
        for file in image.file
        for service in file.service
        if file.package.startswith(OURS) and service.name.endswith(PUBLIC)
    )
    imports = {f"from {package} import {name}" for package, _, name in (home.rpartition(".") for home, _ in found)}
    lines = [
        f"        self.{attribute(service)} = {home.rpartition('.')[2]}.{service}Stub"
        f'(channel("{home.split(".")[1]}"))\n'
        for home, service in found
    ]
    return HEAD % ("\n".join([*sorted([CHANNEL, *imports]), ""]), "".join(lines))


def attribute(service: str) -> str:
    """Returns a service's name in the client: box_office for BoxOfficeService."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", service.removesuffix(PUBLIC)).lower()
