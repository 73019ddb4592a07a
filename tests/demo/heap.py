"""The reference campaign's openings and agreements many times over, for scripts/bench/promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from crm.base.bulk import continue_ids
from crm.followups.models import Answer, Digest, FollowUp, Nag, Notice
from crm.openings.models import Candidacy, Candidate, Opening, OpeningShare, Placement
from crm.people.models import Jobcentre, Partner

Row = dict[str, Any]
CHUNK = 5_000
LINKS: Mapping[Any, Mapping[str, Any]] = {
    Opening: {},
    Candidacy: {"opening_id": Opening},
    Placement: {"opening_id": Opening, "candidacy_id": Candidacy},
    FollowUp: {"follows_id": FollowUp, "opening_id": Opening, "placement_id": Placement},
    Answer: {"follow_up_id": FollowUp},
    Nag: {"follow_up_id": FollowUp},
    Notice: {"follow_up_id": FollowUp, "nag_id": Nag},
}
"""What is copied, in the order of foreign keys, and which of its columns lead to other copies."""


def grow(session: Session, now: datetime, agreements: int, candidates: int = 8, boards: int = 3) -> dict[str, int]:
    """Copy openings and agreements until there are at least ``agreements``, each company's copies moved towards ``now``
    by whole weeks; every candidate ``candidates`` times; every other open opening on ``boards`` jobcentres' boards and
    on a partner's. How many rows there are of each."""
    rows = {model: _rows(session, model) for model in LINKS}
    top = {model: max((row["id"] for row in rows[model]), default=0) for model in LINKS}
    copies = -(-agreements // max(1, len(rows[FollowUp]))) - 1
    weeks = _weeks_free(rows, now)
    visits = {FollowUp: {row["id"]: row["visit_id"] for row in rows[FollowUp]}}
    visits[Opening] = {row["id"]: row["visit_id"] for row in rows[Opening]}
    for number in range(1, copies + 1):
        for model, links in LINKS.items():
            _insert(session, model, (_copy(row, model, number, links, top, visits, weeks) for row in rows[model]))
    _more_candidates(session, candidates)
    _share(session, now, boards)
    continue_ids(session, [model.__table__ for model in (*LINKS, Candidate, OpeningShare)])
    counted = (*LINKS, Digest, Candidate, OpeningShare)
    return {model.__tablename__: session.scalar(select(func.count()).select_from(model)) or 0 for model in counted}


def _rows(session: Session, model: Any) -> list[Row]:
    return [dict(row) for row in session.execute(select(*model.__table__.c).order_by(model.id)).mappings()]


def _insert(session: Session, model: Any, rows: Iterable[Row]) -> None:
    made = list(rows)
    for start in range(0, len(made), CHUNK):
        session.connection().execute(insert(model.__table__), made[start : start + CHUNK])


def _weeks_free(rows: Mapping[Any, list[Row]], now: datetime) -> dict[int, int]:
    """Visit -> by how many weeks what came of it can be moved on without happening after ``now``."""
    last: dict[int, datetime] = {}
    for model in (Opening, FollowUp):
        for row in rows[model]:
            said = (value for value in row.values() if isinstance(value, datetime) and value <= now)
            last[row["visit_id"]] = max(*said, last.get(row["visit_id"], row["created_at"]))
    return {visit: (now - moment).days // 7 for visit, moment in last.items()}


def _copy(
    row: Row,
    model: Any,
    number: int,
    links: Mapping[str, Any],
    top: Mapping[Any, int],
    visits: Mapping[Any, Mapping[int, int]],
    weeks: Mapping[int, int],
) -> Row:
    visit = row.get("visit_id") or _visit(row, visits)
    shift = timedelta(weeks=weeks.get(visit, 0) * number // 12 if number < 12 else 0)
    new = {name: value + shift if isinstance(value, date) else value for name, value in row.items()}
    new["id"] = row["id"] + number * top[model]
    for column, target in links.items():
        if row[column] is not None:
            new[column] = row[column] + number * top[target]
    return new


def _visit(row: Row, visits: Mapping[Any, Mapping[int, int]]) -> int:
    if "follow_up_id" in row:
        return visits[FollowUp][row["follow_up_id"]]
    return visits[Opening][row["opening_id"]]


def _more_candidates(session: Session, times: int) -> None:
    rows = _rows(session, Candidate)
    top = max((row["id"] for row in rows), default=0)
    for number in range(1, times):
        copies = (
            {**row, "id": row["id"] + number * top, "reference": f"{row['reference'][:34]}-{number}"} for row in rows
        )
        _insert(session, Candidate, copies)


def _share(session: Session, now: datetime, boards: int) -> None:
    """Told long ago, but for the newest hundred; the reference campaign's own shares stay as they are."""
    centres = session.scalars(select(Jobcentre.id).order_by(Jobcentre.id)).all()
    partners = session.scalars(select(Partner.id).order_by(Partner.id)).all()
    shared = select(OpeningShare.opening_id)
    live = select(Opening.id, Opening.jobcentre_id).where(
        Opening.state == "open", Opening.voided_at.is_(None), Opening.id.not_in(shared), Opening.id % 2 == 0
    )
    made: list[Row] = []
    number = (session.scalar(select(func.max(OpeningShare.id))) or 0) + 1
    for opening_id, home in session.execute(live.order_by(Opening.id)).all():
        place = centres.index(home)
        near = [(centres[(place + step) % len(centres)], None) for step in range(1, boards + 1)]
        for centre, partner in [*near, *([(None, partners[opening_id % len(partners)])] if partners else [])]:
            at = now - timedelta(days=1 + number % 60)
            made.append(
                {"id": number, "opening_id": opening_id, "jobcentre_id": centre, "partner_id": partner,
                 "shared_at": at, "shared_by": None, "withdrawn_at": None, "told_at": at}
            )  # fmt: skip
            number += 1
    for row in made[-100:]:
        row["told_at"] = None
    _insert(session, OpeningShare, made)
