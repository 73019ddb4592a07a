"""The bulk path of the reference campaign: the rows that the rooms' actions write, made in memory and inserted at once.

One method for each verb, with the meaning and the columns of the action it stands for (``calling.actions.finish``,
``visits.actions.book``, ``cancel`` and ``report``, ``openings.actions.log``, ``followups.actions.agree`` and
``fulfil``); tests/demo/test_bulk.py holds both to the same rows. Left out: the mails, which would have left long ago.
Every record comes out of an event; no total is stored anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.db import continue_ids
from crm.base.types import format_phone
from crm.calendars.models import CalendarEvent
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import OUTCOMES, RANK_CALL_BACK, RANK_RETRY, next_try
from crm.campaigns.models import Campaign
from crm.companies.models import Contact, Workplace
from crm.followups.models import FollowUp, Nag
from crm.followups.rules import FollowUpDecision, NoFollowUp
from crm.openings.models import Opening
from crm.openings.rules import NewOpening
from crm.people.models import User
from crm.visits.models import Visit, VisitEvent
from crm.visits.rules import OCCUPYING_STATES, ContactDetails, VisitReport

Row = dict[str, Any]
MODELS = (Contact, Call, Visit, VisitEvent, CalendarEvent, Opening, FollowUp, Nag, Activity)


@dataclass(slots=True)
class Entry:
    """A queue entry with what the events need of its workplace.

    ``state``: the columns of queue_entries that calls change (``STATE``). ``contacts``: rows by name, case folded.
    """

    id: int
    jobcentre_id: int
    calling_firm_id: int | None
    workplace_id: int
    name: str
    address: str
    lat: float
    lon: float
    state: Row
    contacts: dict[str, Row] = field(default_factory=dict)


class Bulk:
    """Collects rows; ``write`` inserts them. Ids go on from the largest one in each table."""

    def __init__(self, session: Session, campaign: Campaign) -> None:
        self.session, self.campaign = session, campaign
        self.rows: dict[type, list[Row]] = {model: [] for model in MODELS}
        self.changed: dict[type, dict[int, Row]] = {QueueEntry: {}, Contact: {}, Workplace: {}}
        self._next = {model: (session.scalar(select(func.max(model.id))) or 0) + 1 for model in MODELS}

    def call(
        self,
        entry: Entry,
        phoner: User,
        started_at: datetime,
        now: datetime,
        outcome: str,
        *,
        reason: str | None = None,
        call_back_at: datetime | None = None,
        note: str = "",
        mine: bool = True,
    ) -> Row:
        """A call that was claimed at ``started_at`` and finished at ``now``."""
        call = self._add(
            Call,
            entry_id=entry.id,
            user_id=phoner.id,
            calling_firm_id=entry.calling_firm_id,
            started_at=started_at,
            ended_at=now,
            outcome=outcome,
            reason=reason,
            note=note,
            call_back_at=call_back_at,
            undone_at=None,
            idempotency_key=None,
        )
        self._settle(entry, call, mine)
        if outcome == "do_not_call":
            self._do_not_call(entry, phoner, now, note)
        data: Row = {"outcome": outcome}
        if reason:
            data["reason"] = reason
        if call_back_at:
            data["call_back_at"] = call_back_at.isoformat()
        self._note(phoner, now, "calling.finish", QueueEntry, entry.id, entry.workplace_id, data)
        return call

    def _settle(self, entry: Entry, call: Row, mine: bool) -> None:
        """What the call means for its entry."""
        meaning, state, at = OUTCOMES[call["outcome"]], entry.state, call["ended_at"]
        state |= {
            "attempts": state["attempts"] + 1,
            "last_outcome": meaning.key,
            "last_called_at": at,
            "call_back_by": None,
        }
        if meaning.final:
            state |= {
                "state": "done",
                "final_outcome": meaning.key,
                "final_at": at,
                "final_by": call["user_id"],
                "final_firm_id": call["calling_firm_id"],
            }
        elif meaning.retry:
            state |= {"rank": RANK_RETRY, "due_at": next_try(self.campaign, meaning.retry, at)}
        else:
            state |= {
                "rank": RANK_CALL_BACK,
                "due_at": call["call_back_at"],
                "call_back_by": call["user_id"] if mine else None,
            }
        self.changed[QueueEntry][entry.id] = state

    def _do_not_call(self, entry: Entry, phoner: User, now: datetime, note: str) -> None:
        self.changed[Workplace][entry.workplace_id] = {"do_not_call_at": now, "do_not_call_by": phoner.id}
        self._note(
            phoner,
            now,
            "companies.do_not_call",
            Workplace,
            entry.workplace_id,
            entry.workplace_id,
            {"reason": note or "calling"},
            campaign=False,
        )

    def book(
        self,
        entry: Entry,
        phoner: User,
        started_at: datetime,
        now: datetime,
        consultant: User,
        at: datetime,
        ends_at: datetime,
        contact: ContactDetails,
        note: str = "",
    ) -> Row:
        """A call that ended in a visit with this consultant."""
        self._contact(entry, contact)
        visit = self._add(
            Visit,
            queue_entry_id=entry.id,
            campaign_id=self.campaign.id,
            jobcentre_id=entry.jobcentre_id,
            workplace_id=entry.workplace_id,
            consultant_id=consultant.id,
            responsible_id=consultant.id,
            booked_by=phoner.id,
            booked_firm_id=entry.calling_firm_id,
            booked_at=now,
            starts_at=at,
            ends_at=ends_at,
            state="booked",
            sequence=0,
            lat=entry.lat,
            lon=entry.lon,
            contact_name=contact.name,
            contact_title=contact.title,
            contact_phone=contact.phone,
            contact_email=contact.email,
            note=note,
            arrived_at=None,
            reported_at=None,
            reported_by=None,
            pressed=None,
            schemes=[],
            materials=[],
            report_note="",
            no_follow_up_because=None,
        )
        self.call(entry, phoner, started_at, now, "booked", note=note)
        self._event(visit, phoner, now, "book", {"starts_at": at.isoformat(), "consultant_id": consultant.id})
        self._publish(entry, visit, contact, now)
        return visit

    def _contact(self, entry: Entry, told: ContactDetails) -> None:
        """The contact of this name with what is newly known; a new one when there is none."""
        found = entry.contacts.get(told.name.casefold())
        if found is None:
            entry.contacts[told.name.casefold()] = self._add(
                Contact,
                workplace_id=entry.workplace_id,
                name=told.name,
                title=told.title,
                phone=told.phone,
                email=told.email,
                source="call",
            )
        else:
            new = {"title": told.title, "phone": told.phone, "email": told.email}
            found |= {name: value for name, value in new.items() if value}
            self.changed[Contact][found["id"]] = {name: found[name] for name in new}

    def _publish(self, entry: Entry, visit: Row, contact: ContactDetails, now: datetime) -> None:
        who = ", ".join(part for part in (contact.name, contact.title) if part)
        lines = [f"Kontakt: {who}", f"Telefon: {format_phone(contact.phone)}" if contact.phone else "", visit["note"]]
        self._add(
            CalendarEvent,
            uid=f"visit-{visit['id']}@jobaabner",
            consultant_id=visit["consultant_id"],
            starts_at=visit["starts_at"],
            ends_at=visit["ends_at"],
            summary=f"Besøg: {entry.name}"[:300],
            location=entry.address[:400],
            description="\n".join(line for line in lines if line),
            status="CONFIRMED",
            sequence=0,
            updated_at=now,
        )

    def cancel(self, visit: Row, actor: User, now: datetime, by: str, reason: str) -> None:
        visit["state"] = f"cancelled_by_{by}"
        self._event(visit, actor, now, "cancel", {"by": by, "reason": reason, "was": visit["starts_at"].isoformat()})
        self._withdraw(visit, now)

    def _withdraw(self, visit: Row, now: datetime) -> None:
        """The visit no longer takes up time; its calendar event stays, cancelled."""
        visit["sequence"] += 1
        event = self.rows[CalendarEvent][visit["id"] - self.rows[Visit][0]["id"]]
        event |= {"status": "CANCELLED", "sequence": event["sequence"] + 1, "updated_at": now}

    def report(
        self,
        visit: Row,
        actor: User,
        now: datetime,
        report: VisitReport,
        told: Sequence[NewOpening],
        decision: FollowUpDecision | NoFollowUp,
    ) -> Row | None:
        """Close the visit: its report, its openings, and the follow-up (returned) or why there is none."""
        before = visit["state"]
        because = decision.because if isinstance(decision, NoFollowUp) else None
        visit |= {
            "state": report.result,
            "pressed": report.pressed if report.result == "held" else None,
            "schemes": list(report.schemes),
            "materials": list(report.materials),
            "report_note": report.note,
            "no_follow_up_because": because,
            "reported_at": now,
            "reported_by": actor.id,
        }
        self._event(
            visit, actor, now, "report", {"result": report.result, "before": before, "pressed": visit["pressed"]}
        )
        if report.result not in OCCUPYING_STATES:
            self._withdraw(visit, now)
        for one in told:
            self._opening(visit, actor, now, one)
        return self._agree(visit, actor, now, decision) if isinstance(decision, FollowUpDecision) else None

    def _opening(self, visit: Row, actor: User, now: datetime, told: NewOpening) -> None:
        opening = self._add(
            Opening,
            **_of_visit(visit),
            consultant_id=visit["consultant_id"],
            type=told.type,
            positions=told.positions,
            akutjob=told.akutjob,
            occupation=told.occupation,
            wishes=told.wishes,
            cvs_wanted=told.cvs_wanted,
            cvs_by=told.cvs_by,
            state="open",
            closed_reason=None,
            closed_at=None,
            from_report=True,
            created_at=now,
            created_by=actor.id,
            voided_at=None,
        )
        self._note(
            actor,
            now,
            "openings.log",
            Opening,
            opening["id"],
            visit["workplace_id"],
            {
                "type": told.type,
                "positions": told.positions,
                "visit_id": visit["id"],
                "akutjob": told.akutjob,
                "occupation": told.occupation,
            },
        )

    def _agree(self, visit: Row, actor: User, now: datetime, decision: FollowUpDecision) -> Row:
        follow_up = self._add(
            FollowUp,
            **_of_visit(visit),
            owner_id=visit["consultant_id"],
            kind=decision.kind,
            owed_by=decision.owed_by,
            promise=decision.promise,
            due_on=decision.due_on,
            first_due_on=decision.due_on,
            snooze_reason=None,
            state="open",
            done_at=None,
            done_by=None,
            outcome="",
            from_report=True,
            created_at=now,
            created_by=actor.id,
            voided_at=None,
        )
        self._followed(follow_up, actor, now, "followups.agree", {"promise": decision.promise})
        return follow_up

    def fulfil(self, follow_up: Row, actor: User, now: datetime, outcome: str) -> None:
        follow_up |= {"state": "done", "done_at": now, "done_by": actor.id, "outcome": outcome}
        self._followed(follow_up, actor, now, "followups.fulfil", {"promise": follow_up["promise"], "outcome": outcome})

    def _followed(self, follow_up: Row, actor: User, now: datetime, verb: str, data: Row) -> None:
        data = {
            "kind": follow_up["kind"],
            "owed_by": follow_up["owed_by"],
            "due_on": follow_up["due_on"].isoformat(),
            "visit_id": follow_up["visit_id"],
            **data,
        }
        self._note(actor, now, verb, FollowUp, follow_up["id"], follow_up["workplace_id"], data)

    def _event(self, visit: Row, actor: User, now: datetime, kind: str, data: Row) -> None:
        self._add(
            VisitEvent,
            visit_id=visit["id"],
            at=now,
            kind=kind,
            actor_id=actor.id,
            responsible_id=visit["responsible_id"],
            data=data,
        )
        self._note(actor, now, f"visits.{kind}", Visit, visit["id"], visit["workplace_id"], data)

    def nag(self, follow_up: Row, step: str, now: datetime, recipient_id: int) -> None:
        """A reminder that was written; its mail has left."""
        self._add(
            Nag,
            follow_up_id=follow_up["id"],
            step=step,
            due_on=follow_up["due_on"],
            written_at=now,
            recipient_id=recipient_id,
        )

    def _note(
        self,
        actor: User,
        now: datetime,
        verb: str,
        model: Any,
        number: int,
        workplace_id: int,
        data: Row,
        campaign: bool = True,
    ) -> None:
        self.rows[Activity].append(
            {
                "at": now,
                "actor_id": actor.id,
                "actor_name": actor.name,
                "verb": verb,
                "subject_type": model.__tablename__,
                "subject_id": number,
                "workplace_id": workplace_id,
                "campaign_id": self.campaign.id if campaign else None,
                "data": data,
            }
        )

    def _add(self, model: Any, **row: Any) -> Row:
        row["id"] = self._next[model]
        self._next[model] += 1
        self.rows[model].append(row)
        return row

    def write(self) -> None:
        """Insert everything; the activity log in the order of time. The collected rows are let go."""
        log = sorted(self.rows[Activity], key=lambda row: row["at"])
        for number, row in enumerate(log, self._next[Activity]):
            row["id"] = number
        self.rows[Activity] = log
        for model, changes in self.changed.items():
            _update(self.session, model, changes)
        for model in MODELS:
            _insert(self.session, model, self.rows[model])
        continue_ids(self.session, [_table(model) for model in MODELS])
        self.rows = {model: [] for model in MODELS}
        self.changed = {model: {} for model in self.changed}


STATE = (
    "state",
    "rank",
    "due_at",
    "attempts",
    "last_outcome",
    "last_called_at",
    "call_back_by",
    "final_outcome",
    "final_at",
    "final_by",
    "final_firm_id",
)


def _of_visit(visit: Row) -> Row:
    return {
        "visit_id": visit["id"],
        "campaign_id": visit["campaign_id"],
        "jobcentre_id": visit["jobcentre_id"],
        "workplace_id": visit["workplace_id"],
    }


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def _insert(session: Session, model: Any, rows: Iterable[Row], chunk: int = 10_000) -> None:
    """Core inserts: one statement for each chunk."""
    rows = list(rows)
    for start in range(0, len(rows), chunk):
        session.connection().execute(insert(_table(model)), rows[start : start + chunk])


def _update(session: Session, model: Any, changes: dict[int, Row]) -> None:
    """One UPDATE for all changed rows of a table; they change the same columns."""
    if changes:
        table = _table(model)
        values: Row = {name: bindparam(f"new_{name}") for name in next(iter(changes.values()))}
        rows = [
            {"row": number, **{f"new_{name}": value for name, value in row.items()}} for number, row in changes.items()
        ]
        session.connection().execute(update(table).where(table.c.id == bindparam("row")).values(values), rows)
