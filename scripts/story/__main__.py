"""python -m scripts.story [--out DIR]: plays the story and ends with 0 if every step held."""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from eventhub.client import EventHub
from eventhub.refusal import Refusal
from scripts.story import buyers, evening, opening, organizer, outage
from scripts.story.stage import Wrong, chapter, platform, say


async def play(out: Path) -> None:
    """Seven chapters."""
    async with platform(out) as stage:
        say(f"The platform is up in one process after {stage.ready_s:.1f} s: gRPC {stage.address}")
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
        chapter("5. The payment provider goes down and comes back")
        await outage.survive(stage, programme, loser, holds[1])
        chapter("6. At the gate, and online")
        await evening.enter(stage, bia, programme, ticket_code)
        await evening.join_online(stage, programme)
        chapter("7. The show moves by an hour; the books are opened")
        await evening.move(stage, bia, programme, winner)
        await evening.report(bia, programme)
        await close(bia, ana, leo)


async def close(*hubs: EventHub) -> None:
    """Closes the channels."""
    for hub in hubs:
        await hub.close()


def main() -> None:
    """Plays, and says how long it took."""
    parser = argparse.ArgumentParser(prog="demo", description="Plays the story of a show against EventHub.")
    parser.add_argument("--out", type=Path, default=Path("data/demo"), help="where pictures of tickets go")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    try:
        asyncio.run(play(out))
    except (Wrong, Refusal, TimeoutError) as wrong:
        sys.exit(f"\nThe story broke off: {type(wrong).__name__}: {wrong}")
    print(f"\nEvery step held, in {time.monotonic() - started:.1f} seconds. Tickets are in {out}/.")


if __name__ == "__main__":
    main()
