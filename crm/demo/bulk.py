"""The bulk path of the reference campaign: the rows that the rooms' actions write, made in memory and inserted at once.

One method for each verb, with the meaning and the columns of the action it stands for (``calling.actions.finish``,
``visits.actions.book``, ``cancel`` and ``report``, ``openings.actions.log``, ``followups.actions.agree`` and
``fulfil``); tests/demo/test_bulk.py holds both to the same rows. Left out: the mails, which would have left long ago.
Every record comes out of an event; no total is stored anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm.base.types import format_phone
from crm.calendars.models import CalendarEvent
from crm.calling.models import Call, QueueEntry
from crm.calling.rules import OUTCOMES, RANK_CALL_BACK, RANK_RETRY, calls_today, next_try
from crm.campaigns.models import Campaign
from crm.companies.models import Contact, Workplace
from crm.demo.reports import Reports
from crm.demo.rows import Entry, Row
from crm.people.models import User
from crm.visits.models import Visit
from crm.visits.rules import ContactDetails


def unreported() -> Row:
    """The columns of a visit that its report fills."""
    empty: Row = dict.fromkeys(("arrived_at", "reported_at", "reported_by", "pressed", "no_follow_up_because"))
    return {**empty, "schemes": [], "materials": [], "report_note": ""}


def settled(campaign: Campaign, state: Row, calls: Sequence[datetime], call: Row, mine: bool) -> Row:
    """The columns of an entry that a call changes, with their values after it. ``calls``: ends of the earlier ones."""
    meaning, at = OUTCOMES[call["outcome"]], call["ended_at"]
    today = calls_today(state["day_attempts"], state["last_called_at"], at) + 1
    new: Row = {
        "attempts": state["attempts"] + 1,
        "day_attempts": today,
        "last_outcome": meaning.key,
        "last_called_at": at,
        "call_back_by": None,
    }
    if meaning.final:
        new |= {"state": "done", "final_outcome": meaning.final_key, "final_at": at}
        new |= {"final_by": call["user_id"], "final_firm_id": call["calling_firm_id"]}
    elif meaning.retry:
        full = today >= campaign.max_attempts_a_day
        new |= {"rank": RANK_RETRY, "due_at": next_try(campaign, meaning.retry, at, calls, day_full=full)}
    else:
        new |= {"rank": RANK_CALL_BACK, "due_at": call["call_back_at"]}
        new["call_back_by"] = call["user_id"] if mine else None
    new["awake"] = new.get("due_at", state["due_at"]) <= at
    return new


def said(call: Row) -> Row:
    """What the activity ``calling.finish`` tells of a call."""
    data: Row = {"outcome": call["outcome"]}
    if call["reason"]:
        data["reason"] = call["reason"]
    if call["call_back_at"]:
        data["call_back_at"] = call["call_back_at"].isoformat()
    return data


class Bulk(Reports):
    """Calls and bookings; with Reports and Rows the whole path."""

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
            answer=OUTCOMES[outcome].answer,
            reason=reason,
            note=note,
            call_back_at=call_back_at,
            undone_at=None,
            idempotency_key=None,
        )
        self._settle(entry, call, mine)
        if outcome == "do_not_call":
            self._do_not_call(entry, phoner, now, note)
        self._note(phoner, now, "calling.finish", QueueEntry, entry.id, entry.workplace_id, said(call))
        return call

    def _settle(self, entry: Entry, call: Row, mine: bool) -> None:
        """What the call means for its entry."""
        entry.state |= settled(self.campaign, entry.state, entry.calls, call, mine)
        entry.calls.append(call["ended_at"])
        self.changed[QueueEntry][entry.id] = entry.state

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
            **{f"contact_{part}": getattr(contact, part) for part in ("name", "title", "phone", "email")},
            note=note,
            **unreported(),
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
