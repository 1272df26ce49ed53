"""A process: the contexts in it, from the settings to the last signal; HTTP, leases, probes."""

from services.kit.process import fingerprints, installation, program
from services.kit.process.platform import Platform
from services.kit.process.route import Answer, Route
from services.kit.process.runtime import Context, Runtime

__all__ = ["Answer", "Context", "Platform", "Route", "Runtime", "fingerprints", "installation", "program"]
