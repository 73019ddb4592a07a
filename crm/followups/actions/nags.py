"""Write the nags that are due: one row and one mail for each (follow-up, step, due date), ever."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.base.db import insert_new
from crm.followups.models import Nag
from crm.followups.queries import Due, due_nags, people_to_nag
from crm.followups.rules import OWED_BY, nag_day, overdue_days
from crm.integrations.actions import send_many
from crm.integrations.render import render_mail
from crm.people.models import User

CHUNK = 200
HEADINGS = {"due": "Frist i dag", "overdue": "Over fristen", "escalated": "Stadig ikke på plads"}


@dataclass(frozen=True)
class People:
    """Active users by id, and those who answer for a jobcentre (its leads, else its region's)."""

    users: Mapping[int, User]
    leads: Mapping[int, Sequence[User]]


def nag(session: Session, now: datetime) -> int:
    """Write whatever is due at ``now``: each follow-up's highest step whose 07.30 has come; how many.

    Running it again, or twice at once, writes nothing more: the rows are unique, and each mail goes with its
    row. One whose owner has left goes to the lead; one that nobody can be told of waits for somebody.
    """
    day = nag_day(now)
    written, last = 0, 0
    while True:
        found = due_nags(session, day, after_id=last, limit=CHUNK)
        if not found:
            return written
        last = found[-1].id
        people = People(*people_to_nag(session, found))
        addressed = [(due, to) for due in found if (to := _recipients(due, people))]
        written += _write(session, now, addressed)
        send_many(session, now, [mail for due, to in addressed for mail in _mails(now, due, to, people)])


def _recipients(due: Due, people: People) -> list[User]:
    """First the one the nag is for, then those who get a copy; empty when there is nobody."""
    owner = people.users.get(due.owner_id)
    leads = [lead for lead in people.leads.get(due.jobcentre_id, ()) if lead is not owner]
    if due.step.to_lead or owner is None:
        return leads or ([owner] if owner else [])
    return [owner, *leads] if due.step.copy_lead else [owner]


def _write(session: Session, now: datetime, addressed: Sequence[tuple[Due, list[User]]]) -> int:
    rows = [
        {
            "follow_up_id": due.id,
            "step": due.step.key,
            "due_on": due.due_on,
            "written_at": now,
            "recipient_id": to[0].id,
        }
        for due, to in addressed
    ]
    return insert_new(session, Nag, rows, ("follow_up_id", "step", "due_on"))


def _mails(now: datetime, due: Due, to: Sequence[User], people: People) -> Iterator[dict[str, Any]]:
    """One a recipient. The key holds the nag, so that a second writer's mail is refused as its row is."""
    owner = people.users.get(due.owner_id)
    for number, person in enumerate(to):
        subject, text, html = render_mail(
            "nag",
            due=due,
            heading=HEADINGS[due.step.key],
            why=_why(due, owner, to, number),
            owed=OWED_BY[due.owed_by],
            person=person,
            owner=owner,
            days=overdue_days(due.due_on, nag_day(now)),
        )
        key = f"nag:{due.id}:{due.step.key}:{due.due_on.isoformat()}" + (f":{person.id}" if number else "")
        yield {
            "channel": "mail",
            "dedupe_key": key,
            "to": person.email,
            "text": text,
            "subject": subject,
            "html": html,
            "workplace_id": due.workplace_id,
        }


def _why(due: Due, owner: User | None, to: Sequence[User], number: int) -> str:
    """Why the recipient with this number gets the mail; mails are Danish."""
    if owner is None:
        return "Konsulenten, der havde aftalen, er ikke længere aktiv. Find en anden til den."
    if due.step.to_lead and to[0] is not owner:
        return f"Aftalen er stadig ikke på plads. Tal med {owner.name} om, hvad der skal ske."
    if number:
        return f"Du får kopi, fordi en aftale hos {owner.name} er over fristen."
    if due.step.after:
        return "Aftalen er over fristen." + (" Din leder har fået kopi." if len(to) > 1 else "")
    return (
        "Aftalen har frist i dag."
        if due.owed_by == "jobcentre"
        else ("Virksomheden lovede at vende tilbage senest i dag. Har de ikke gjort det, så ring til dem.")
    )
