"""The report page's form, and the forms of a follow-up. What the fields must hold is asked of the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.followups.forms.agreement import FIELDS, OUR_KINDS, AgreementForm
from crm.followups.models import FollowUp
from crm.followups.rules import MAX_REASON, FollowUpDecision, NoFollowUp, kind_of
from crm.openings.models import Opening
from crm.openings.rules import SHORT, STAGES, NewOpening, resized
from crm.visits.models import Visit
from crm.visits.rules import MATERIALS, SCHEMES, VisitReport
from crm.web.i18n import say

RESULTS = {
    "held": _l("Holdt"),
    "nobody_there": _l("Ingen hjemme"),
    "cancelled_by_company": _l("Aflyst af virksomheden"),
    "cancelled_by_jobcentre": _l("Aflyst af os"),
}
# where close_visit names another field than the page has
REPORT_FIELDS = {**FIELDS, "no_follow_up_because": "because", "openings": "types"}


class ReportForm(AgreementForm):
    """The visit report. Values are not checked here but by close_visit, so that every error shows at once."""

    result = RadioField(_l("Hvordan gik besøget?"), choices=list(RESULTS.items()), validate_choice=False)
    pressed = RadioField(
        _l("Virkede virksomheden presset til mødet?"),
        validate_choice=False,
        choices=[("yes", _l("Ja")), ("no", _l("Nej"))],
    )
    types = SelectMultipleField(_l("Hvilke åbninger har de?"), validate_choice=False)
    akutjob = BooleanField(_l("Akutjob"))
    schemes = SelectMultipleField(_l("Hvilke ordninger talte I om?"), validate_choice=False)
    materials = SelectMultipleField(_l("Hvad afleverede du?"), validate_choice=False)
    note = TextAreaField(_l("Note til os selv"), [Length(max=4000)])
    owed_by = RadioField(
        _l("Hvem"),
        validate_choice=False,
        choices=[("jobcentre", _l("Vi")), ("company", _l("Virksomheden")), ("none", _l("Ingen opfølgning, fordi …"))],
    )
    # the agreement's own fields again, so that errors are listed in the page's order
    kind = RadioField(_l("Hvad slags aftale?"), validate_choice=False, choices=OUR_KINDS)
    because = StringField(_l("Hvorfor ingen opfølgning?"), [Length(max=MAX_REASON)])
    promise = TextAreaField(_l("Hvad"))
    due = RadioField(_l("Hvornår"), validate_choice=False)
    own_date = DateField(_l("Anden dato"), [Optional()])

    def fit(self, today: date) -> None:
        """Fill in the choices that depend on language and day."""
        self.types.choices = [(key, _(label)) for key, label in SHORT.items()]
        self.schemes.choices = [(key, _(label)) for key, label in SCHEMES.items()]
        self.materials.choices = [(key, _(label)) for key, label in MATERIALS.items()]
        self.fit_dates(today)

    def steppers(self) -> list[tuple[str, Any]]:
        """(type, its number field) in the order of the chips."""
        return [(key, self[f"positions_{key}"]) for key in SHORT]

    def report(self) -> VisitReport:
        return VisitReport(
            result=self.result.data or "",
            pressed={"yes": True, "no": False}.get(self.pressed.data),
            schemes=tuple(self.schemes.data or ()),
            materials=tuple(self.materials.data or ()),
            note=self.note.data or "",
        )

    def openings(self, there: Sequence[Opening]) -> list[NewOpening]:
        """What the chips and numbers say. Several openings of one type, each with its occupation, are one line on the
        page: they stay as they were told, and where the line's number was corrected, those that have come least far
        give or take."""
        told: list[NewOpening] = []
        for key in dict.fromkeys(self.types.data or ()):
            number = (self[f"positions_{key}"].data or 0) if key in SHORT else 1
            urgent = key == "ordinary" and bool(self.akutjob.data)
            known = [opening for opening in there if opening.type == key]
            known.sort(key=lambda opening: list(STAGES).index(opening.stage), reverse=True)
            told += (number > 0 and resized(known, number, urgent)) or [NewOpening(key, number, urgent)]
        return told

    def decision(self, visit: Visit, there: FollowUp | None) -> FollowUpDecision | NoFollowUp | None:
        """None where nobody was chosen. An agreement that is there already keeps its kind."""
        side = self.owed_by.data
        if side == "none":
            return NoFollowUp(self.because.data or "")
        if not side:
            return None
        due_on = self.due_on()
        kind = self.chosen_kind()
        if kind is None and there is not None and (there.owed_by, there.due_on) == (side, due_on):
            kind = there.kind
        if kind is None:
            kind = kind_of(side, openings=bool(self.types.data), due_on=due_on, visit_day=danish_date(visit.starts_at))
        return FollowUpDecision(side, due_on, self.promise.data or "", kind)

    def refused_report(self, refusal: Refusal, told: Sequence[NewOpening]) -> None:
        """Show close_visit's errors on the page's own fields."""
        for name, message in refusal.errors.items():
            field = REPORT_FIELDS.get(name, name)
            if name.startswith("openings."):
                _room, number, part = name.split(".")
                kind = told[int(number)].type
                field = f"positions_{kind}" if part == "positions" and kind in SHORT else "types"
            self.show(field, message, refusal)
        if not refusal.errors:
            self.form_errors.append(say(refusal.message, refusal.fields))


for _key, _label in SHORT.items():
    setattr(ReportForm, f"positions_{_key}", IntegerField(_l(_label), default=1))


def summed(there: Sequence[Opening]) -> Mapping[str, tuple[int, bool]]:
    """type -> (positions, any of them akutjob)."""
    found: dict[str, tuple[int, bool]] = {}
    for opening in there:
        positions, urgent = found.get(opening.type, (0, False))
        found[opening.type] = (positions + opening.positions, urgent or opening.akutjob)
    return found


def typed_before(visit: Visit, there: Sequence[Opening], agreed: FollowUp | None) -> dict[str, Any]:
    """The form's content for correcting a report; empty for a visit without one."""
    if visit.reported_at is None:
        return {"result": visit.state if visit.state in RESULTS else None}
    was = summed(there)
    side = "none" if visit.no_follow_up_because else agreed.owed_by if agreed else None
    return {
        "result": visit.state,
        "pressed": {True: "yes", False: "no", None: None}[visit.pressed],
        "types": list(was),
        "akutjob": was.get("ordinary", (0, False))[1],
        "schemes": visit.schemes,
        "materials": visit.materials,
        "note": visit.report_note,
        "owed_by": side,
        "because": visit.no_follow_up_because,
        "kind": _said_kind(visit, there, agreed),
        "promise": agreed.promise if agreed else "",
        "due": agreed.due_on.isoformat() if agreed else None,
        **{f"positions_{key}": positions for key, (positions, _urgent) in was.items()},
    }


def _said_kind(visit: Visit, there: Sequence[Opening], agreed: FollowUp | None) -> str | None:
    """The kind somebody chose, where it is another than the rest says by itself."""
    if agreed is None:
        return None
    day = danish_date(visit.starts_at)
    by_itself = kind_of(agreed.owed_by, openings=bool(there), due_on=agreed.first_due_on, visit_day=day)
    return agreed.kind if agreed.kind != by_itself else None


def today_of(visit: Visit, now: datetime) -> date:
    """The day the quick dates count from: today, or the visit's day where that lies ahead."""
    return max(danish_date(now), danish_date(visit.starts_at))
