"""A gate lets a ticket in, once.

python examples/python/gate.py localhost:7070 GATE SECRET EVENT CODE

Prints "come in" and the ticket; otherwise ends with the reason and exit code 1.
"""

import asyncio
import sys

from eventhub import CheckInRequest, EventHub, Refusal, TicketUsed, new_id


async def main(target: str, gate_id: str, secret: str, event_id: str, code: str) -> None:
    """Scans one code. scan_id makes the call safe to repeat: a scan that is sent again gets the first answer."""
    async with EventHub(target) as hub:
        await hub.sign_in_gate(gate_id, secret)
        scan = CheckInRequest(scan_id=new_id("scn"), event_id=event_id, code=code)
        try:
            ticket = (await hub.ticketing.CheckIn(scan)).ticket
        except TicketUsed as used:
            sys.exit(f"used at {used.used_at}, {used.gate}")
        except Refusal as refused:
            sys.exit(refused.for_people or refused.reason)
        print("come in:", ticket.ticket_type_name, ticket.seat_label)


asyncio.run(main(*sys.argv[1:]))
