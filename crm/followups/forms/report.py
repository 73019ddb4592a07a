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
    HiddenField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, Optional

from crm.base.clock import danish_date
from crm.base.errors import Refusal
from crm.followups.actions.report import stamp
from crm.followups.forms.agreement import FIELDS, OUR_KINDS, AgreementForm
from crm.followups.models import FollowUp
from crm.followups.rules import MAX_REASON, FollowUpDecision, NoFollowUp, kind_of
from crm.openings.models import Opening, OwnType
from crm.openings.rules import SHORT, STAGES, NewOpening, resized
from crm.openings.rules.types import OWN, own_choices, type_key
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
REPORT_FIELDS = {**FIELDS, "no_follow_up_because": "because", "openings": "types", "own_type_id": "types"}


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
    gone = BooleanField(_l("Tag åbningerne ud af rapporten"))
    gone_ids = HiddenField(validators=[Length(max=2000)])
    seen = HiddenField(validators=[Length(max=64)])
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

    def fit(self, today: date, own: Sequence[OwnType] = ()) -> None:
        """Fill in the choices that depend on language and day; ``own``: those ``with_types`` made the form for."""
        self.counts_as = {f"{OWN}{one.id}": one.reports_as for one in own}
        self.types.choices = [*((key, _(label)) for key, label in SHORT.items()), *own_choices(own)]
        self.schemes.choices = [(key, _(label)) for key, label in SCHEMES.items()]
        self.materials.choices = [(key, _(label)) for key, label in MATERIALS.items()]
        self.fit_dates(today)

    def steppers(self) -> list[tuple[str, Any]]:
        """(type, its number field) in the order of the chips."""
        return [(key, self[f"positions_{key}"]) for key in SHORT]

    def own_counts(self) -> dict[str, tuple[Any, Any]]:
        """Own type -> its number field, and the switch for akutjob where it counts as an ordinary job."""
        return {
            key: (self[_field("positions", key)], self[_field("akutjob", key)] if kind == "ordinary" else None)
            for key, kind in self.counts_as.items()
        }

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
            kind = self.counts_as.get(key, key)
            field = _field("positions", key)
            number = (self[field].data or 0) if field in self else 1
            urgent = kind == "ordinary" and bool(self[_field("akutjob", key)].data)
            known = [opening for opening in there if type_key(opening) == key]
            known.sort(key=lambda opening: list(STAGES).index(opening.stage), reverse=True)
            own = int(key.removeprefix(OWN)) if key in self.counts_as else None
            fresh = [NewOpening(kind, number, urgent, own_type_id=own)]
            told += (number > 0 and resized(known, number, urgent)) or fresh
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

    def may_go(self) -> list[int]:
        """The openings that were named as going, where that was confirmed."""
        sent = (self.gone_ids.data or "").split(",") if self.gone.data else []
        return [int(number) for number in sent if number.isascii() and number.isdecimal() and len(number) < 12]

    def refused_report(self, refusal: Refusal, told: Sequence[NewOpening]) -> None:
        """Show close_visit's errors on the page's own fields."""
        if refusal.code == "would_go":
            self.gone_ids.data = ",".join(map(str, refusal.extra["openings"]))
            self.gone.data = False
            self.show("gone", refusal.message, refusal)
            return
        if refusal.code == "stale":
            self.seen.data = refusal.extra["reported_at"]
        for name, message in refusal.errors.items():
            field = REPORT_FIELDS.get(name, name)
            if name.startswith("openings."):
                _room, number, part = name.split(".")
                field = _field("positions", type_key(told[int(number)]))
                field = field if part == "positions" and field in self else "types"
            self.show(field, message, refusal)
        if not refusal.errors:
            self.form_errors.append(say(refusal.message, refusal.fields))


for _key, _label in SHORT.items():
    setattr(ReportForm, f"positions_{_key}", IntegerField(_l(_label), default=1))


def _field(name: str, key: str) -> str:
    """``positions_ordinary``, ``positions_own_7``; ``akutjob`` is the ordinary jobs' own."""
    return "akutjob" if (name, key) == ("akutjob", "ordinary") else f"{name}_{key.replace(':', '_')}"


def with_types(own: Sequence[OwnType]) -> type[ReportForm]:
    """The form with a number, and a switch for akutjob, for each of the administrators' own types."""
    fields: dict[str, Any] = {}
    for one in own:
        fields[_field("positions", f"{OWN}{one.id}")] = IntegerField(one.name, default=1)
        fields[_field("akutjob", f"{OWN}{one.id}")] = BooleanField(_("Akutjob: %(name)s", name=one.name))
    return type("ReportForm", (ReportForm,), fields)


def summed(there: Sequence[Opening]) -> Mapping[str, tuple[int, bool]]:
    """Chip -> (positions, any of them akutjob)."""
    found: dict[str, tuple[int, bool]] = {}
    for opening in there:
        key = type_key(opening)
        positions, urgent = found.get(key, (0, False))
        found[key] = (positions + opening.positions, urgent or opening.akutjob)
    return found


def typed_before(visit: Visit, there: Sequence[Opening], agreed: FollowUp | None) -> dict[str, Any]:
    """The form's content for correcting a report; empty for a visit without one."""
    if visit.reported_at is None:
        return {"result": visit.state if visit.state in RESULTS else None, "seen": stamp(None)}
    was = summed(there)
    side = "none" if visit.no_follow_up_because else agreed.owed_by if agreed else None
    return {
        "result": visit.state,
        "seen": stamp(visit.reported_at),
        "pressed": {True: "yes", False: "no", None: None}[visit.pressed],
        "types": list(was),
        "schemes": visit.schemes,
        "materials": visit.materials,
        "note": visit.report_note,
        "owed_by": side,
        "because": visit.no_follow_up_because,
        "kind": _said_kind(visit, there, agreed),
        "promise": agreed.promise if agreed else "",
        "due": agreed.due_on.isoformat() if agreed else None,
        **{_field("positions", key): positions for key, (positions, _urgent) in was.items()},
        **{_field("akutjob", key): urgent for key, (_positions, urgent) in was.items()},
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
