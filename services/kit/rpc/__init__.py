"""RPCs: servers, channels to other contexts, admission, deadlines, tokens, pages of lists.

For the author of a context: a servicer's methods take the request and a Call, which holds the Caller, the time left and
the language. page_of() reads a list request's page, Page.token() makes the token of the next one, and fitting() cuts a
list to the size of an answer. Answers keeps another context's answers for a few seconds, and asks once for many
callers. Guesses slows down callers who guess codes. tokens signs and verifies access tokens; only identity signs.

For programs: Certificate is the process's own for mutual TLS; LIVENESS and READINESS are the names that probes ask for.
The wrapper around every call, in wrapper.py, needs nothing from a context.
"""

from services.kit.rpc import pages, tokens
from services.kit.rpc.answers import KEPT_MAX, Answers
from services.kit.rpc.call import Call, Caller
from services.kit.rpc.certificate import Certificate
from services.kit.rpc.guesses import Guesses
from services.kit.rpc.pages import Page, fitting, page_of
from services.kit.rpc.server import LIVENESS, READINESS

__all__ = [
    "KEPT_MAX",
    "LIVENESS",
    "READINESS",
    "Answers",
    "Call",
    "Caller",
    "Certificate",
    "Guesses",
    "Page",
    "fitting",
    "page_of",
    "pages",
    "tokens",
]
