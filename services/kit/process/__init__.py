"""A process and the contexts in it, from the settings to the last signal.

For the author of a context: wiring.py has a function `build` that takes a Runtime and returns a Context. It may have a
function `check` that raises BadSetting for settings with which the context cannot run; services.up calls it before it
makes anything. Runtime gives the context its database, its channels to other contexts and its followers; Context names
its servicers, loops, figures and Routes. A Route takes a Request and returns an Answer, for a context that serves HTTP.
A context needs no database: see Context. fingerprints guards keys that must never be lost.

For programs: Platform holds the contexts of one process, program runs it until a signal, and installation refuses a
start whose databases are lost.
"""

from services.kit.process import fingerprints, installation, program
from services.kit.process.platform import Platform
from services.kit.process.route import Answer, Request, Route
from services.kit.process.runtime import Context, Runtime

__all__ = ["Answer", "Context", "Platform", "Request", "Route", "Runtime", "fingerprints", "installation", "program"]
