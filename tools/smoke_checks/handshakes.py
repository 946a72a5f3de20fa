"""Who may open a WebSocket: `$connect` refuses with the status that the page is told."""

from __future__ import annotations

from tools.smoke_checks.outcome import Outcome, all_of
from tools.smoke_checks.raw_socket import handshake_status, ticket_for
from tools.stream_file import Target

FOREIGN_ORIGIN = "https://foreign.example"
NO_TICKET = "no such ticket"
OPENED = 101


async def check_refusals(target: Target) -> Outcome:
    """Try every wrong way in, and the right one between them."""
    ticket, url = await ticket_for(target)
    tries = (  # in this order: the foreign page must leave the ticket good
        ("no ticket", None, target.origin, 401),
        ("a bad ticket", NO_TICKET, target.origin, 403),
        ("a foreign origin", ticket, FOREIGN_ORIGIN, 403),
        ("a good ticket", ticket, target.origin, OPENED),
        ("a used ticket", ticket, target.origin, 403),
    )
    problems = []
    for what, tried, origin, expected in tries:
        status = await handshake_status(url, tried, origin)
        if status != expected:
            problems.append(f"{what}: {status} instead of {expected}")
    return all_of(problems, "no ticket 401; bad, used or with a foreign origin 403; good 101")
