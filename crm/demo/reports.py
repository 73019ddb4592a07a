"""The bulk path's visit reports: openings, follow-ups and nags as the rooms' actions write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm.demo.rows import Row, Rows, of_visit
from crm.followups.actions.telling import TOLD
from crm.followups.models import FollowUp, Nag
from crm.followups.rules import FollowUpDecision, NoFollowUp
from crm.openings.models import Opening
from crm.openings.rules import NewOpening
from crm.openings.rules.details import Details
from crm.openings.rules.occupations import code_of
from crm.people.models import User
from crm.visits.rules import OCCUPYING_STATES, VisitReport


class Reports(Rows):
    """What happens at and after a visit."""

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
            **of_visit(visit),
            consultant_id=visit["consultant_id"],
            type=told.type,
            positions=told.positions,
            akutjob=told.akutjob,
            **_details(told),
            stage="told",
            state="open",
            closed_reason=None,
            closed_at=None,
            from_report=True,
            created_at=now,
            created_by=actor.id,
            voided_at=None,
            names_company=False,
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
                "own_type": None,
                "positions": told.positions,
                "visit_id": visit["id"],
                "akutjob": told.akutjob,
                "occupation": told.occupation,
                "wishes": told.wishes,
                "cvs_wanted": told.cvs_wanted,
                "cvs_by": told.cvs_by.isoformat() if told.cvs_by else None,
            },
        )

    def _agree(self, visit: Row, actor: User, now: datetime, decision: FollowUpDecision) -> Row:
        follow_up = self._add(
            FollowUp,
            **of_visit(visit),
            owner_id=visit["consultant_id"],
            kind=decision.kind,
            owed_by=decision.owed_by,
            promise=decision.promise,
            due_on=decision.due_on,
            first_due_on=decision.due_on,
            snooze_reason=None,
            snoozes=0,
            state="open",
            done_at=None,
            done_by=None,
            outcome="",
            outcome_key=None,
            no_next_because=None,
            follows_id=None,
            opening_id=None,
            placement_id=None,
            told_at=now if visit["contact_email"] and visit["state"] in TOLD else None,
            confirmed_at=None,
            asked_at=None,
            company_kept=None,
            from_report=True,
            created_at=now,
            created_by=actor.id,
            voided_at=None,
        )
        self._followed(follow_up, actor, now, "followups.agree", {"promise": decision.promise})
        return follow_up

    def fulfil(self, follow_up: Row, actor: User, now: datetime, outcome: str) -> None:
        follow_up |= {"state": "done", "done_at": now, "done_by": actor.id, "outcome": outcome, "outcome_key": "done"}
        told = {"promise": follow_up["promise"], "outcome": outcome, "outcome_key": "done", "no_next_because": None}
        self._followed(follow_up, actor, now, "followups.fulfil", told)

    def _followed(self, follow_up: Row, actor: User | None, now: datetime, verb: str, data: Row) -> None:
        data = {
            "kind": follow_up["kind"],
            "owed_by": follow_up["owed_by"],
            "due_on": follow_up["due_on"].isoformat(),
            "visit_id": follow_up["visit_id"],
            **data,
        }
        self._note(actor, now, verb, FollowUp, follow_up["id"], follow_up["workplace_id"], data)

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


def _details(told: NewOpening) -> Row:
    """What a report tells, with the occupation's code; all other details lack."""
    known = Details(occupation=told.occupation, wishes=told.wishes, cvs_wanted=told.cvs_wanted, cvs_by=told.cvs_by)
    return {**known.values(), "occupation_code": code_of(told.occupation)}
