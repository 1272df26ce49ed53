"""python -m scripts.story [--out DIR]: plays the story and exits 0 if every step held."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from eventhub.client import EventHub
from eventhub.refusal import Refusal
from scripts.story import buyers, evening, life, money_back, opening, organizer, outage
from scripts.story.stage import Stage, Wrong, chapter, platform, say


async def play(out: Path, *, mesh: bool) -> None:
    """Starts a platform and plays the story against it."""
    async with mesh_platform(out) if mesh else platform(out) as stage:
        say(f"The platform is up after {stage.ready_s:.1f} s, {stage.how}")
        await tell(stage)


async def tell(stage: Stage) -> None:
    """Plays the nine chapters."""
    bia = stage.client()
    chapter("1. An organizer publishes a show, a workshop and a conference")
    programme = await opening.publish(bia)
    chapter("2. Coupons")
    await organizer.make_coupons(bia, programme)
    say("DESCONTO10 takes 10 % off general tickets, VIP50 takes R$ 50 off VIP tickets; once a participant, 30 days")
    chapter("3. Two buyers, one seat, one instant")
    ana = await buyers.come(stage, "Ana Souza", "ana@example.com")
    leo = await buyers.come(stage, "Leo Dias", "leo@example.com")
    winner, loser, holds = await opening.race(programme, {"Ana": ana, "Leo": leo})
    chapter("4. Quote, checkout, ticket")
    ticket_code = await evening.buy(stage, bia, programme, winner, holds[0])
    await evening.sell_at_the_counter(stage, bia, programme)
    chapter("5. The payment provider goes down and comes back")
    await outage.survive(stage, programme, loser, holds[1])
    chapter("6. The show is brought forward")
    await evening.move(bia, programme, winner)
    chapter("7. At the gate, and online; the books are opened")
    await evening.enter(stage, bia, programme, ticket_code)
    await evening.join_online(stage, programme)
    await evening.report(bia, programme)
    chapter("8. An event lives")
    await life.live(stage, bia, ana, leo)
    chapter("9. Money back")
    await money_back.give(stage, bia, ana, leo)
    await close(bia, ana, leo)


@asynccontextmanager
async def mesh_platform(out: Path) -> AsyncIterator[Stage]:
    """Starts a mesh in a temporary folder, with two processes for each selling context, and stops it afterwards."""
    from scripts.cluster import preparing, running, table  # noqa: PLC0415 - needs packages that only development installs

    with tempfile.TemporaryDirectory(prefix="eventhub-mesh-") as name:
        folder = Path(name)
        with preparing.postgres(folder) as url:
            await preparing.prepare(folder, url)
            started = time.monotonic()
            rows = table.table(("inventory", "orders", "payments"), first_port=0)
            async with running.mesh(folder, rows, url):
                how = f"in {len(rows)} processes on PostgreSQL, with mutual TLS between them"
                ready_s = time.monotonic() - started
                yield Stage(
                    address=table.public(rows),
                    how=how,
                    folder=folder,
                    out=out,
                    ready_s=ready_s,
                    operator_key=folder / "keys" / "operator.key",
                )


async def close(*hubs: EventHub) -> None:
    """Closes the clients' channels."""
    for hub in hubs:
        await hub.close()


def main() -> None:
    """Plays the story and prints how long it took."""
    parser = argparse.ArgumentParser(prog="demo", description="Plays the story of a show against EventHub.")
    parser.add_argument("--out", type=Path, default=Path("data/demo"), help="where pictures of tickets go")
    parser.add_argument("--mesh", action="store_true", help="each context as a separate process, on PostgreSQL")
    given = parser.parse_args()
    out: Path = given.out
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    try:
        asyncio.run(play(out, mesh=given.mesh))
    except (Wrong, Refusal, TimeoutError) as wrong:
        sys.exit(f"\nThe story broke off: {type(wrong).__name__}: {wrong}")
    print(f"\nEvery step held, in {time.monotonic() - started:.1f} seconds. Tickets are in {out}/.")


if __name__ == "__main__":
    main()
