"""Calls: who calls, until when, what is refused; servers, channels to other contexts, tokens, pages of lists."""

from services.kit.rpc import pages, tokens
from services.kit.rpc.call import Call, Caller
from services.kit.rpc.certificate import Certificate
from services.kit.rpc.pages import Page, fitting, page_of
from services.kit.rpc.server import LIVENESS, READINESS

__all__ = ["LIVENESS", "READINESS", "Call", "Caller", "Certificate", "Page", "fitting", "page_of", "pages", "tokens"]
