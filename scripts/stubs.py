"""Makes the base class of eventhub.client.EventHub: a typed stub for each public service. scripts/gen calls it."""

import re

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from scripts.face import OURS, PUBLIC, module

HEAD = '''"""The stubs of all public services. Generated from the contract by scripts/gen."""

from abc import ABC, abstractmethod
from functools import cached_property

%s

class Stubs(ABC):
    """A stub for each public service, by its name: OrdersService is `orders`. A stub is made when it is first used."""

    @abstractmethod
    def _channel(self, context: str) -> Channel:
        """The channel to a context, by its name."""
%s'''
STUB = '''
    @cached_property
    def {name}(self) -> "{module}.{stub}AsyncStub":
        """Calls the RPCs of {stub}."""
        return {module}.{stub}Stub(self._channel("{context}"))
'''
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
    made = [
        STUB.format(name=attribute(service), stub=service, module=home.rpartition(".")[2], context=home.split(".")[1])
        for home, service in found
    ]
    return HEAD % ("\n".join([*sorted([CHANNEL, *imports]), ""]), "".join(made))


def attribute(service: str) -> str:
    """Returns a service's name in the client: box_office for BoxOfficeService."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", service.removesuffix(PUBLIC)).lower()
