"""Agreements go to a colleague: one, those of a visit, or all of somebody who is away."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Invalid, Refusal
from crm.followups.actions.notices import notify
from crm.followups.actions.telling import lock_open, note, tell_new_owner
from crm.followups.models import FollowUp
from crm.followups.queries.hand_over import colleagues
from crm.followups.rules import MAX_REASON
from crm.followups.rules.spread import spread
from crm.openings.models import Opening
from crm.people.models import User
from crm.visits.models import Visit

NOT_HANDED = N_("Intet er givet videre. Ret felterne, og prøv igen.")


@dataclass(frozen=True)
class Handed:
    """What went to new hands."""

    agreements: int = 0
    openings: int = 0


def hand_over(
    session: Session, actor: Any, now: datetime, follow_up: FollowUp, to_id: int, reason: str = ""
) -> FollowUp:
    """One agreement to a colleague of its jobcentre; the colleague and the company are told.

    Raises Invalid naming ``to`` or ``reason``, Refusal ``done`` and ``same``.
    """
    _check(session, [follow_up.jobcentre_id], [to_id], reason)
    lock_open(session, follow_up)
    if follow_up.owner_id == to_id:
        raise Refusal("same", N_("Kollegaen har allerede aftalen. Vælg en anden. Intet er ændret."))
    _pass_on(session, actor, now, [(follow_up, to_id)], reason)
    return follow_up


def hand_over_visit(
    session: Session, actor: Any, now: datetime, visit: Visit, to_id: int, reason: str = "", *, mine: int | None = None
) -> Handed:
    """A visit's open agreements and open openings to one colleague. ``mine``: only those of this person.

    Raises Invalid naming ``to`` or ``reason``.
    """
    _check(session, [visit.jobcentre_id], [to_id], reason)
    wanted = select(FollowUp).where(FollowUp.visit_id == visit.id)
    openings = select(Opening).where(Opening.visit_id == visit.id)
    if mine is not None:
        wanted = wanted.where(FollowUp.owner_id == mine)
        openings = openings.where(Opening.consultant_id == mine)
    open_ones = _locked(session, wanted)
    done = _pass_on(session, actor, now, [(f, to_id) for f in open_ones], reason)
    told = _locked_openings(session, openings)
    return Handed(done, _pass_openings(session, actor, now, [(o, to_id) for o in told], reason))


def shared_out(
    follow_ups: Sequence[FollowUp], openings: Sequence[Opening], to: Mapping[int, Sequence[int]]
) -> dict[tuple[int, int], int]:
    """(jobcentre, workplace) -> colleague, evenly, everything of one company to one person; ``to``: jobcentre id ->
    who may get it. A jobcentre without anybody is left out."""
    found: dict[tuple[int, int], int] = {}
    for jobcentre_id, people in to.items():
        sizes: dict[tuple[int, int], int] = {}
        for key in _homes(follow_ups, openings):
            if key[0] == jobcentre_id:
                sizes[key] = sizes.get(key, 0) + 1
        found |= spread(sizes, people)
    return found


def _homes(follow_ups: Sequence[FollowUp], openings: Sequence[Opening]) -> list[tuple[int, int]]:
    """(jobcentre, workplace) of each."""
    return [(f.jobcentre_id, f.workplace_id) for f in follow_ups] + [(o.jobcentre_id, o.workplace_id) for o in openings]


def hand_over_many(
    session: Session,
    actor: Any,
    now: datetime,
    follow_ups: Sequence[FollowUp],
    openings: Sequence[Opening],
    to_ids: Collection[int],
    reason: str = "",
) -> Handed:
    """Somebody's agreements and openings shared out evenly among colleagues, all in the caller's transaction.

    What was done, taken back or passed on meanwhile stays as it is. Each company hears once who answers for it now.
    Raises Invalid naming ``to`` or ``reason``.
    """
    jobcentre_ids = {jobcentre_id for jobcentre_id, _workplace in _homes(follow_ups, openings)}
    to = _check(session, jobcentre_ids, to_ids, reason)
    plan = shared_out(follow_ups, openings, to)
    was = {f.id: f.owner_id for f in follow_ups}
    had = {o.id: o.consultant_id for o in openings}
    here = _locked(session, select(FollowUp).where(FollowUp.id.in_(was)))
    there = _locked_openings(session, select(Opening).where(Opening.id.in_(had)))
    done = _pass_on(
        session,
        actor,
        now,
        [(f, plan[f.jobcentre_id, f.workplace_id]) for f in here if f.owner_id == was[f.id]],
        reason,
    )
    return Handed(
        done,
        _pass_openings(
            session,
            actor,
            now,
            [(o, plan[o.jobcentre_id, o.workplace_id]) for o in there if o.consultant_id == had[o.id]],
            reason,
        ),
    )


def _check(
    session: Session, jobcentre_ids: Collection[int], to_ids: Collection[int], reason: str
) -> dict[int, list[int]]:
    """jobcentre id -> those of ``to_ids`` who may answer for its agreements: at least one, and each somewhere."""
    errors: dict[str, str] = {}
    if len(reason) > MAX_REASON:
        errors["reason"] = N_("Teksten er for lang")
    wanted = set(to_ids)
    here = colleagues(session, jobcentre_ids)
    found = {number: [user.id for user in people if user.id in wanted] for number, people in here.items()}
    known = {user_id for people in found.values() for user_id in people}
    if not wanted or known != wanted or not all(found.values()):
        errors["to"] = N_("Vælg en aktiv kollega fra jobcentret")
    if errors:
        raise Invalid(NOT_HANDED, errors=errors)
    return found


def _locked(session: Session, wanted: Any) -> list[FollowUp]:
    """Those still open, in the order of their numbers, and nobody else changes them meanwhile."""
    open_ones = wanted.where(FollowUp.state == "open", FollowUp.voided_at.is_(None)).order_by(FollowUp.id)
    found = session.scalars(open_ones.with_for_update(of=FollowUp).execution_options(populate_existing=True))
    return [f for f in found if f.state == "open" and f.voided_at is None]


def open_openings(session: Session, visit_id: int) -> Sequence[Opening]:
    """What a hand-over of the visit would pass on."""
    wanted = select(Opening).where(Opening.visit_id == visit_id, Opening.state == "open", Opening.voided_at.is_(None))
    return session.scalars(wanted.order_by(Opening.id)).all()


def _locked_openings(session: Session, wanted: Any) -> list[Opening]:
    open_ones = wanted.where(Opening.state == "open", Opening.voided_at.is_(None)).order_by(Opening.id)
    found = session.scalars(open_ones.with_for_update(of=Opening).execution_options(populate_existing=True))
    return [o for o in found if o.state == "open" and o.voided_at is None]


def follow_visit(session: Session, now: datetime, follow_up: FollowUp) -> int:
    """An agreement goes where its visit went. The company heard of the visit's new consultant already."""
    lock_open(session, follow_up)
    return _pass_on(session, None, now, [(follow_up, follow_up.visit.consultant_id)], "", tell=False)


def _pass_on(
    session: Session,
    actor: Any,
    now: datetime,
    plan: Sequence[tuple[FollowUp, int]],
    reason: str,
    *,
    tell: bool = True,
) -> int:
    """Give each to its new owner and tell both sides; how many changed hands."""
    passed: dict[tuple[int, str | None, int], list[FollowUp]] = {}
    names = _names(session, {f.owner_id for f, _to in plan} | {to for _f, to in plan})
    for follow_up, to_id in plan:
        was = follow_up.owner_id
        if was == to_id:
            continue
        follow_up.owner_id = to_id
        people = {"was": was, "to": to_id, "was_name": names[was], "to_name": names[to_id]}
        note(session, actor, now, "followups.hand_over", follow_up, reason=reason.strip(), **people)
        if getattr(actor, "id", None) != to_id:
            notify(session, now, to_id, follow_up, "handed_over")
        contact = (follow_up.workplace_id, follow_up.visit.contact_email, to_id)
        passed.setdefault(contact, []).append(follow_up)
    session.flush()
    for (_workplace, _email, to_id), rows in passed.items():
        for row in rows:
            session.expire(row, ["owner"])
        if not tell:
            continue
        key = f"{min(row.id for row in rows)}:{to_id}:{int(now.timestamp())}"
        tell_new_owner(session, now, max((row.visit for row in rows), key=lambda v: v.starts_at), rows, key)
    session.flush()
    return sum(len(rows) for rows in passed.values())


def _pass_openings(
    session: Session, actor: Any, now: datetime, plan: Sequence[tuple[Opening, int]], reason: str
) -> int:
    passed = [(opening, to_id) for opening, to_id in plan if opening.consultant_id != to_id]
    names = _names(session, {o.consultant_id for o, _to in passed} | {to for _o, to in passed})
    for opening, to_id in passed:
        was, opening.consultant_id = opening.consultant_id, to_id
        activity.record(
            session,
            actor,
            now,
            "openings.hand_over",
            opening,
            workplace_id=opening.workplace_id,
            campaign_id=opening.campaign_id,
            was=was,
            to=to_id,
            was_name=names[was],
            to_name=names[to_id],
            reason=reason.strip(),
        )
    session.flush()
    return len(passed)


def _names(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    return dict(session.execute(select(User.id, User.name).where(User.id.in_(user_ids))).all())
