"""A whole campaign as rows: the bulk way, for figures that are only right in the thousands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from crm.calling.models import QueueEntry
from crm.campaigns.models import CallList, Campaign, ListEntry
from crm.companies.models import Company, Workplace
from crm.openings.models import Opening
from crm.people.models import CallingFirm, Jobcentre, User
from crm.visits.models import Visit
from tests.conftest import NOW
from tests.factories.core import make_campaign, make_firm, make_jobcentre, make_participation, make_user, valid_cvr

START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def make_reference_campaign(
    session: Session,
    *,
    booked: int,
    declined: int,
    held: int,
    openings: dict[str, int],
    akutjob: int,
    unanswered: int = 0,
) -> Campaign:
    """Calls with those answers, held visits, and openings by type, spread over three jobcentres in two regions."""
    campaign = make_campaign(session, starts_on=date(2026, 8, 1))
    centres = [make_jobcentre(session, code=code) for code in ("846", "851", "101")]
    firms = [make_firm(session), make_firm(session)]
    phoners = [make_user(session, "phoner", firm=firm) for firm in firms]
    entries = _entries(
        session, campaign, centres, firms, phoners, ["booked"] * booked + ["declined"] * declined + [None] * unanswered
    )
    consultants = {
        centre.id: [make_user(session, "consultant", jobcentre=centre) for _ in range(8)] for centre in centres
    }
    visits = _visits(session, entries[:held], consultants)
    _openings(session, visits, openings, akutjob)
    session.flush()
    return campaign


def _entries(
    session: Session,
    campaign: Campaign,
    centres: Sequence[Jobcentre],
    firms: Sequence[CallingFirm],
    phoners: Sequence[User],
    answers: Sequence[str | None],
) -> list[dict[str, Any]]:
    company = Company(cvr_number=valid_cvr(900_000), name="Prøvekæden A/S", created_at=NOW)
    session.add(company)
    session.flush()
    n = len(answers)
    _insert(
        session,
        Workplace,
        [
            {
                "company_id": company.id,
                "p_number": f"2{k:09d}",
                "name": f"Sted {k}",
                "postcode": "9500",
                "municipality_code": "846",
                "industry_code": ("432200", "471100", None)[k % 3],
                "created_at": NOW,
                "updated_at": NOW,
            }
            for k in range(n)
        ],
    )
    places = list(
        session.scalars(select(Workplace.id).where(Workplace.company_id == company.id).order_by(Workplace.p_number))
    )
    lists = []
    for centre in centres:
        joined = make_participation(session, campaign=campaign, jobcentre=centre, firm=firms[0])
        listed = CallList(participation_id=joined.id, name="Liste", seed=1, state="approved", created_at=NOW)
        session.add(listed)
        session.flush()
        lists.append(listed.id)
    _insert(
        session, ListEntry, [{"call_list_id": lists[k % 3], "workplace_id": places[k], "position": k} for k in range(n)]
    )
    items = list(
        session.scalars(select(ListEntry.id).where(ListEntry.call_list_id.in_(lists)).order_by(ListEntry.position))
    )
    rows: list[dict[str, Any]] = [
        {
            "campaign_id": campaign.id,
            "jobcentre_id": centres[k % 3].id,
            "calling_firm_id": firms[k % 2].id,
            "workplace_id": places[k],
            "list_entry_id": items[k],
            "due_at": START,
            "attempts": 1,
            "state": "done" if answer else "waiting",
            "final_outcome": answer,
            "final_at": START + timedelta(minutes=k) if answer else None,
            "final_by": phoners[k % 2].id if answer else None,
            "final_firm_id": firms[k % 2].id if answer else None,
        }
        for k, answer in enumerate(answers)
    ]
    _insert(session, QueueEntry, rows)
    ids = session.scalars(
        select(QueueEntry.id).where(QueueEntry.campaign_id == campaign.id).order_by(QueueEntry.list_entry_id)
    )
    return [{**row, "id": key} for row, key in zip(rows, ids, strict=True)]


def _insert(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Without asking for the ids back: that is quadratic in the number of rows. Defaults apply."""
    session.execute(insert(model.__table__), rows)


def _visits(
    session: Session, entries: Sequence[dict[str, Any]], consultants: dict[int, list[User]]
) -> list[dict[str, Any]]:
    """One held visit each, hours that never overlap."""
    rows: list[dict[str, Any]] = []
    turn: dict[int, int] = {}
    for entry in entries:
        team = consultants[entry["jobcentre_id"]]
        k = turn[entry["jobcentre_id"]] = turn.get(entry["jobcentre_id"], -1) + 1
        starts_at = START + timedelta(hours=k // len(team))
        person = team[k % len(team)].id
        rows.append(
            {
                "queue_entry_id": entry["id"],
                "campaign_id": entry["campaign_id"],
                "jobcentre_id": entry["jobcentre_id"],
                "workplace_id": entry["workplace_id"],
                "consultant_id": person,
                "responsible_id": person,
                "booked_by": entry["final_by"],
                "booked_firm_id": entry["final_firm_id"],
                "booked_at": START,
                "starts_at": starts_at,
                "ends_at": starts_at + timedelta(hours=1),
                "state": "held",
                "lat": 56.6,
                "lon": 9.8,
                "contact_name": "Mette Prøvesen",
                "reported_at": starts_at + timedelta(hours=1),
                "pressed": k % 40 == 0,
            }
        )
    _insert(session, Visit, rows)
    ids = session.scalars(
        select(Visit.id).where(Visit.campaign_id == entries[0]["campaign_id"]).order_by(Visit.queue_entry_id)
    )
    return [{**row, "id": key} for row, key in zip(rows, ids, strict=True)]


def _openings(session: Session, visits: Sequence[dict[str, Any]], openings: dict[str, int], akutjob: int) -> None:
    """Told for one to three positions, several on one visit; and a voided one on each hundredth visit."""
    rows: list[dict[str, Any]] = []

    def add(kind: str, positions: int, urgent: bool, **more: Any) -> None:
        visit = visits[len(rows) * 7 // 3 % len(visits)]
        rows.append(
            {
                "visit_id": visit["id"],
                "campaign_id": visit["campaign_id"],
                "jobcentre_id": visit["jobcentre_id"],
                "workplace_id": visit["workplace_id"],
                "consultant_id": visit["consultant_id"],
                "type": kind,
                "positions": positions,
                "akutjob": urgent,
                "created_at": NOW,
                "voided_at": None,
                **more,
            }
        )

    for kind, count in openings.items():
        parts = [(akutjob, True), (count - akutjob, False)] if kind == "ordinary" else [(count, False)]
        for left, urgent in parts:
            while left > 0:
                positions = min(left, 1 + len(rows) % 3)
                add(kind, positions, urgent)
                left -= positions
    for _ in visits[::100]:
        add("other", 5, False, voided_at=NOW)
    _insert(session, Opening, rows)
