"""JSON resources: the visit report, and an agreement added to it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crm.base.clock import danish_date
from crm.base.errors import N_, Invalid
from crm.followups import actions, queries
from crm.followups.api.blueprint import api
from crm.followups.models import FollowUp
from crm.followups.rules import MAX_PROMISE, MAX_REASON, FollowUpDecision, NoFollowUp, kind_of, overdue_days
from crm.openings.queries import of_visit
from crm.openings.rules import MAX_CVS, MAX_POSITIONS, MAX_WISHES, NewOpening, ReportingType
from crm.visits import queries as visit_queries
from crm.visits.models import Visit
from crm.visits.rules import VisitReport
from crm.web.api import In
from crm.web.edge import now, session
from crm.web.permit import actor, requires, scope

Result = Literal["held", "cancelled_by_company", "cancelled_by_jobcentre", "nobody_there"]


class VisitPath(BaseModel):
    visit_id: int = Field(ge=1, le=2**53)


class FollowUpPath(BaseModel):
    follow_up_id: int = Field(ge=1, le=2**53)


class ToldOpening(In):
    """``akutjob`` only with type ordinary. ``positions`` is what the rates count. ``type`` is the reporting type; with
    ``own_type_id`` (``GET /opening-types``) it is the one that type counts as. Left out, an opening that the former
    report gave keeps its own; null takes it away."""

    type: ReportingType
    own_type_id: int | None = Field(None, ge=1, le=2**53)
    positions: int = Field(1, ge=1, le=MAX_POSITIONS)
    akutjob: bool = False
    occupation: str | None = Field(None, max_length=200)
    wishes: str | None = Field(None, max_length=MAX_WISHES)
    cvs_wanted: int | None = Field(None, ge=1, le=MAX_CVS)
    cvs_by: date | None = None

    def told(self) -> NewOpening:
        return NewOpening(
            self.type,
            self.positions,
            self.akutjob,
            self.occupation or "",
            self.wishes or "",
            self.cvs_wanted,
            self.cvs_by,
            self.own_type_id,
            keeps_own="own_type_id" not in self.model_fields_set,
        )


class Agreement(In):
    """``due_on``: a Danish working day from the visit's day on. ``kind`` follows from the rest when left out."""

    kind: Literal["we_owe", "company_owes", "future_need", "care"] | None = None
    owed_by: Literal["jobcentre", "company"]
    due_on: date
    promise: str = Field(min_length=1, max_length=MAX_PROMISE)

    def decision(self, day: date, *, openings: bool = False) -> FollowUpDecision:
        """``day``: the one it was agreed on."""
        kind = self.kind or kind_of(self.owed_by, openings=openings, due_on=self.due_on, visit_day=day)
        return FollowUpDecision(self.owed_by, self.due_on, self.promise, kind)


class ReportIn(In):
    """``pressed`` is asked of a held visit. Exactly one of ``follow_up`` and ``no_follow_up_because``.
    ``seen_reported_at``: the report that is corrected, as it was read, null for none; left out, it is not asked.
    ``remove``: openings of the former report that are told no more, and may go."""

    result: Result
    pressed: bool | None = None
    schemes: list[str] = Field(default_factory=list, max_length=50)
    materials: list[str] = Field(default_factory=list, max_length=50)
    note: str | None = Field(None, max_length=4000)
    openings: list[ToldOpening] = Field(default_factory=list, max_length=50)
    follow_up: Agreement | None = None
    no_follow_up_because: str | None = Field(None, max_length=MAX_REASON)
    seen_reported_at: AwareDatetime | None = None
    remove: list[int] = Field(default_factory=list, max_length=50)

    def seen(self) -> str | None:
        return actions.stamp(self.seen_reported_at) if "seen_reported_at" in self.model_fields_set else None

    def decision(self, visit_day: date) -> FollowUpDecision | NoFollowUp | None:
        if self.follow_up and self.no_follow_up_because:
            raise Invalid(
                actions.NOT_SAVED,
                errors={"no_follow_up_because": N_("Giv enten en aftale eller en grund til ingen, ikke begge")},
            )
        if self.follow_up:
            return self.follow_up.decision(visit_day, openings=bool(self.openings))
        return NoFollowUp(self.no_follow_up_because) if self.no_follow_up_because is not None else None


class FollowUpOut(BaseModel):
    """``overdue_days``: working days past the due date of an open one."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    visit_id: int
    campaign_id: int
    jobcentre_id: int
    workplace_id: int
    owner_id: int
    kind: str
    owed_by: str
    promise: str
    due_on: date
    first_due_on: date
    snooze_reason: str | None
    snoozes: int
    state: str
    done_at: datetime | None
    outcome: str
    outcome_key: str | None
    no_next_because: str | None
    follows_id: int | None
    opening_id: int | None
    placement_id: int | None
    told_at: datetime | None
    confirmed_at: datetime | None
    overdue_days: int = 0


class ReportedOpening(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    type: str
    own_type_id: int | None
    positions: int
    akutjob: bool
    occupation: str


class Reported(BaseModel):
    """The visit as it is closed now, with all openings and agreements that count."""

    id: int
    state: str
    pressed: bool | None
    reported_at: datetime
    openings: list[ReportedOpening]
    follow_ups: list[FollowUpOut]
    no_follow_up_because: str | None


def as_out(found: FollowUp) -> FollowUpOut:
    made = FollowUpOut.model_validate(found)
    if found.state == "open":
        made.overdue_days = overdue_days(found.due_on, danish_date(now()))
    return made


@api.post("/visits/<int:visit_id>/report", summary="Close a visit, or correct its report", responses={200: Reported})
@requires("visits.report")
def report_visit(path: VisitPath, body: ReportIn) -> Any:
    """422 without a follow-up decision. A second report corrects the first and never counts twice. 409 ``stale`` when
    another report was saved since ``seen_reported_at``; ``would_go`` names, as ``openings``, those that are told no
    more and not in ``remove``; ``under_way`` those that candidates, details, relaxed wishes or shares hang on."""
    visit = visit_queries.visit(session(), scope(), path.visit_id)
    report = VisitReport(body.result, body.pressed, tuple(body.schemes), tuple(body.materials), body.note or "")
    told = [opening.told() for opening in body.openings]
    decided = body.decision(danish_date(visit.starts_at))
    known: dict[str, Any] = {"seen": body.seen(), "may_go": body.remove}
    actions.close_visit(session(), actor(), now(), visit, report, told, decided, **known)
    return reported(visit)


@api.post("/visits/<int:visit_id>/followups", summary="Add an agreement to a visit", responses={201: FollowUpOut})
@requires("visits.report")
def add_follow_up(path: VisitPath, body: Agreement) -> Any:
    """The company gets it in writing. 409 ``not_reported`` while the report is to come, which holds the first one."""
    visit = visit_queries.visit(session(), scope(), path.visit_id)
    made = actions.add(session(), actor(), now(), visit, body.decision(danish_date(now())))
    return as_out(made).model_dump(mode="json"), 201


def reported(visit: Visit) -> dict[str, Any]:
    openings = [ReportedOpening.model_validate(o) for o in of_visit(session(), visit.id)]
    agreed = [as_out(f) for f in queries.of_visit(session(), visit.id)]
    return Reported(
        id=visit.id,
        state=visit.state,
        pressed=visit.pressed,
        reported_at=visit.reported_at or now(),
        openings=openings,
        follow_ups=agreed,
        no_follow_up_because=visit.no_follow_up_because,
    ).model_dump(mode="json")
