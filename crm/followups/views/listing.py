"""The work list: overdue, today, coming; and what is done."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from flask import render_template, request, url_for

from crm.base.clock import danish_date
from crm.base.errors import NotFound
from crm.followups import queries
from crm.followups.models import FollowUp
from crm.followups.queries.agreements import Sought
from crm.followups.queries.answers import waiting, waiting_in
from crm.followups.queries.hand_over import Owner, owners
from crm.followups.queries.owning import instead_of
from crm.followups.rules import KINDS, OUTCOMES, OWED_BY
from crm.followups.views.blueprint import pages
from crm.followups.views.cards import answered, card, on_phone
from crm.people.queries import consultants_of, jobcentres
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

NOBODY = "none"
ANSWERS = 20
"""So many of the company's answers stand at the top of the list; the next ones follow as these are settled."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what is out of reach or unknown asks for nothing."""

    consultant: int | str | None
    kind: str | None
    owed_by: str | None
    jobcentre: int | None
    overdue: bool
    done: bool

    def sought(self) -> Sought:
        return {
            "owner_id": self.consultant if isinstance(self.consultant, int) else None,
            "unowned": self.consultant == NOBODY,
            "kind": self.kind,
            "owed_by": self.owed_by,
            "jobcentre_id": self.jobcentre,
        }

    def url(self, **changes: Any) -> str:
        """The same list with other choices."""
        kept = {
            "consultant": self.consultant,
            "kind": self.kind,
            "owed_by": self.owed_by,
            "jobcentre": self.jobcentre,
            "overdue": 1 if self.overdue else None,
            "show": "done" if self.done else None,
        }
        return url_for("followups.index", **{**kept, **changes})


@pages.get("/followups")
@requires("followups.read")
def index() -> Any:
    phone = on_phone()
    people = [] if phone else people_here()
    places = [] if phone or not several() else list(jobcentres(session(), scope()))
    asked = read(people, {place.id for place in places})
    page = request.args.get("page", 1, type=int)
    today = danish_date(now())
    gone = {person.id for person in people if not person.active}
    show = partial(listed, today, gone)
    shared = {
        "asked": asked,
        "people": people,
        "places": places,
        "kinds": KINDS,
        "sides": OWED_BY,
        "just_done": just_done(),
        "unowned_count": sum(person.count for person in people if not person.active),
    }
    if asked.done:
        template = "followups/done_phone.html" if phone else "followups/done_desk.html"
        return render_template(
            template,
            found=(found := queries.done(session(), scope(), page=page, **asked.sought())),
            cards=[show(f) for f in found.rows],
            outcomes=OUTCOMES,
            **shared,
        )
    board = queries.board(session(), scope(), today, overdue=asked.overdue, page=page, **asked.sought())
    return render_template(
        "followups/index_phone.html" if phone else "followups/index_desk.html",
        board=board,
        overdue=[show(f) for f in board.overdue],
        today=[show(f) for f in board.today],
        coming=[show(f) for f in board.coming],
        waiting=waiting_here(asked, today, gone) if board.page == 1 else [],
        instead=instead(today) if board.page == 1 else [],
        **shared,
    )


def listed(today: date, gone: Collection[int], found: FollowUp) -> dict[str, Any]:
    """Its card; ``gone``: those who answer for nothing any more."""
    return card(found, today, unowned=found.owner_id in gone)


def waiting_here(asked: Asked, today: date, gone: Collection[int]) -> list[dict[str, Any]]:
    """What the company answered and nobody has settled, the longest waiting first; the consultant's that was asked
    for, whatever else is chosen: nobody is to overlook it."""
    owner_id = asked.consultant if isinstance(asked.consultant, int) else None
    found = waiting_in(session(), scope(), owner_id=owner_id, limit=ANSWERS)
    said = waiting(session(), [f.id for f in found])
    return [answered(f, said[f.id], today, unowned=f.owner_id in gone) for f in found if f.id in said]


def instead(today: date) -> list[dict[str, Any]]:
    """What falls to a consultant as somebody's substitute; a lead's list holds it anyway."""
    if scope().own is None:
        return []
    return [
        {"name": one.owner.name, "until_on": one.until_on, "cards": [listed(today, (), f) for f in one.rows]}
        for one in instead_of(session(), actor().id, today)
    ]


def several() -> bool:
    return scope().everything or len(scope().jobcentres) > 1


def people_here() -> list[Owner]:
    """Those with open agreements, who have left first, and the consultants without any."""
    found = owners(session(), scope())
    known = {person.id for person in found}
    idle = (user for user in consultants_of(session(), sorted(scope().jobcentres)) if user.id not in known)
    here = [person for person in found if person.active] + [Owner(user.id, user.name, True, 0) for user in idle]
    return [person for person in found if not person.active] + sorted(here, key=lambda person: person.name)


def read(people: list[Owner], places: set[int]) -> Asked:
    args = request.args
    consultant: int | str | None = args.get("consultant", type=int)
    if consultant not in {person.id for person in people}:
        consultant = NOBODY if args.get("consultant") == NOBODY and people else None
    jobcentre = args.get("jobcentre", type=int)
    return Asked(
        consultant,
        args.get("kind") if args.get("kind") in KINDS else None,
        args.get("owed_by") if args.get("owed_by") in OWED_BY else None,
        jobcentre if jobcentre in places else None,
        args.get("overdue") == "1",
        args.get("show") == "done",
    )


def just_done() -> FollowUp | None:
    """What was marked as done a moment ago, so that it can be taken back at once."""
    number = request.args.get("done", type=int)
    if not number or number > 2**53:
        return None
    try:
        found = queries.follow_up(session(), scope(), number, day=danish_date(now()))
    except NotFound:
        return None
    return found if found.state == "done" else None
