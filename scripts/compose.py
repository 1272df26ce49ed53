"""Writes the parts of deploy/compose.yaml that follow from the contract: the contexts' services, their databases
and their volumes.

The rest is written by hand, and so are further ports: a context keeps the ports that stand in the file.
"""

import re
from itertools import count

import yaml

from eventhub import contract
from scripts.extras import extras_of
from services.kit.db import databases

COMPOSE = "compose.yaml"
SERVICES = re.compile(r"(  # scripts/manifests writes the contexts.*?\n).*(\n  # End of the contexts\.\n)", re.DOTALL)
VOLUMES = re.compile(r"(  # scripts/manifests writes the following\.\n)(?:  \w+:\n)*")
DATABASES = re.compile(r"(      -- scripts/manifests writes these\.\n)(?:      CREATE DATABASE \w+;\n)*")
GRPC_PORT = 7070
GRPC = re.compile(rf"127\.0\.0\.1:(\d+):{GRPC_PORT}")
SERVICE = """
  {context}:
    <<: *context
    command:
      - services.serve
      - {context}
"""
KEYS_DIR = """\
    environment:
      <<: *settings
      EVENTHUB_KEYS_DIR: /etc/eventhub/keys
"""
OWN_DATA = """\
    tmpfs:
      - /tmp
"""
DATA = """\
      - {volume}:/data
"""
CERTIFICATE = """\
      - type: volume
        source: certificates
        target: /etc/eventhub/tls
        read_only: true
        volume:
          subpath: {context}
"""
KEYS = """\
      - type: volume
        source: keys
        target: /etc/eventhub/keys
        read_only: true
"""


def composed(text: str) -> str:
    """Returns compose.yaml with a service for each context and all databases. text: the file as it is."""
    ports = ports_of(text)
    made = "".join(service(context, ports[context]) for context in contract.contexts())
    text = SERVICES.sub(lambda found: found[1] + made + found[2], text)
    created = "".join(f"      CREATE DATABASE {name};\n" for name in sorted(databases()))
    text = DATABASES.sub(lambda found: found[1] + created, text)
    volumes = "".join(f"  {extras.volume}:\n" for extras in map(extras_of, contract.contexts()) if extras.volume)
    return VOLUMES.sub(lambda found: found[1] + volumes, text)


def ports_of(text: str) -> dict[str, list[str]]:
    """Returns the ports of each context as compose writes them. Contexts keep theirs, so that addresses stay as they
    are; a new context gets the port after the highest."""
    services = yaml.safe_load(text)["services"]
    kept = {context: services[context]["ports"] for context in contract.contexts() if context in services}
    taken = [int(found[1]) for ports in kept.values() for port in ports if (found := GRPC.fullmatch(port))]
    free = count(max(taken) + 1)
    return {context: kept.get(context) or [f"127.0.0.1:{next(free)}:{GRPC_PORT}"] for context in contract.contexts()}


def service(context: str, ports: list[str]) -> str:
    """Returns the service of a context."""
    extras = extras_of(context)
    parts = [
        SERVICE,
        KEYS_DIR if extras.keys else "",
        OWN_DATA if extras.volume else "",
        "    ports:\n",
        *(f"      - {port}\n" for port in ports),
        "    volumes:\n",
        DATA if extras.volume else "",
        CERTIFICATE,
        KEYS if extras.keys else "",
    ]
    return "".join(parts).format(context=context, volume=extras.volume)
