"""What the number called does, by its last digit, so that a newcomer and a test choose what happens.

=====  =================================================================
digit  the company
=====  =================================================================
5      answers after 4 s and hangs up itself after 20 s
6      lets it ring 20 s, then answers
7      is busy
8      does not answer
9      has a number that is not in service (failed)
3      answers, but presses no key when asked whether it may be recorded
other  answers after 4 s, presses 1 when asked, and talks until the phoner hangs up (10 minutes at most)
=====  =================================================================
"""

from __future__ import annotations

from dataclasses import dataclass

NO_ANSWER = 25.0  # seconds the fake rings before it gives up, when the TwiML's own timeout is longer


@dataclass(frozen=True)
class Plan:
    """ends: a final state instead of an answer. rings: seconds until it is answered or ends; talks: until the
    company hangs up; presses: the key, or none; code: the SIP answer of a call that fails."""

    ends: str = ""
    rings: float = 4.0
    talks: float = 600.0
    presses: str = "1"
    code: int = 200


_BY_DIGIT = {
    "3": Plan(presses=""),
    "5": Plan(talks=20.0),
    "6": Plan(rings=20.0),
    "7": Plan(ends="busy", rings=2.0, code=486),
    "8": Plan(ends="no-answer", rings=NO_ANSWER, code=487),
    "9": Plan(ends="failed", rings=0.5, code=404),
}


def plan_for(number: str) -> Plan:
    return _BY_DIGIT.get(number[-1:], Plan())
