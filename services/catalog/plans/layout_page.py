"""The layouts of plans over HTTP, for browsers and caches between: a plan never changes, so neither does its layout."""

import asyncio
import base64
import re

from services.catalog.plans import store
from services.kit.db import Database
from services.kit.feeds import KeptReads
from services.kit.process import Answer, Request, Route

PATH = "/plans/"
PLAN_ID = re.compile(r"[0-9A-Za-z_-]{1,80}")
HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}
# Caches must keep no refusal: the plan may be imported a moment later.
PLAIN = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
UNKNOWN = Answer(404, PLAIN, b"Nothing is here.\n")
# A layout is not decompressed here: anybody may ask, and a copy for each request would fill the memory.
ONLY_GZIP = Answer(406, PLAIN, b"This is served compressed by gzip only.\n")
# Requests for a plan within this time share a read.
KEPT_S = 1.0
# A coding of Accept-Encoding with its weight, such as "gzip" or "br;q=0.5".
CODING = re.compile(r"([a-z*-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?))?", re.IGNORECASE)


def takes_gzip(accepted: str) -> bool:
    """Whether a client takes gzip. accepted: its Accept-Encoding; without one it takes every coding."""
    weights = {coding.lower(): float(weight or 1) for coding, weight in CODING.findall(accepted)}
    return not weights or weights.get("gzip", weights.get("*", 0)) > 0


def has(known: str, tag: str) -> bool:
    """Whether a client has an answer already. known: its If-None-Match. tag: the answer's ETag."""
    return known.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in known.split(","))


def joined(parts: list[str]) -> bytes:
    """The whole layout from its parts as they are stored."""
    return b"".join(map(base64.b64decode, parts))


def routes(database: Database) -> list[Route]:
    """The routes that answer GET and HEAD with the layout of a plan."""

    async def read(import_id: str) -> bytes:
        return await asyncio.to_thread(joined, await database.read_long(store.layout_parts, import_id))

    layouts = KeptReads(read, kept_s=KEPT_S)

    async def get(request: Request) -> Answer:
        plan = await database.read(store.find_plan, request.rest) if PLAN_ID.fullmatch(request.rest) else None
        if plan is None or not plan.layout_hash:
            return UNKNOWN
        if not takes_gzip(request.headers.get("accept-encoding", "")):
            return ONLY_GZIP
        tag = f'"{plan.layout_hash}"'
        headers = {**HEADERS, "ETag": tag}
        if has(request.headers.get("if-none-match", ""), tag):
            return Answer(304, headers)
        return Answer(200, {**headers, "Content-Encoding": "gzip"}, await layouts.get(plan.import_id))

    return [Route("GET", PATH, get), Route("HEAD", PATH, get)]
