"""Forms of the calendar page: weekly hours, base, absence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField, StringField, TimeField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from crm.base.clock import at, day_bounds
from crm.base.types import parse_postcode
from crm.calendars.models import CalendarProfile
from crm.calendars.rules import MAX_VISITS, WEEKDAYS, Stretch
from crm.web.forms import BaseForm, parsed


class OfConsultant(BaseForm):
    """Whose calendar the form concerns."""

    consultant = HiddenField()


class HoursForm(OfConsultant):
    """From and to for each weekday, and one break for all days; a day left empty is not worked."""

    break_from = TimeField(_l("Pause fra"), [Optional()])
    break_to = TimeField(_l("Pause til"), [Optional()])

    def pairs(self) -> list[tuple[str, Any, Any]]:
        """(weekday's name, from field, to field)"""
        return [(name, self[f"from_{day}"], self[f"to_{day}"]) for day, name in enumerate(WEEKDAYS)]

    def validate(self, extra_validators: Any = None) -> bool:
        right = bool(super().validate(extra_validators))
        for _name, start, end in [*self.pairs(), ("", self.break_from, self.break_to)]:
            if bool(start.data) != bool(end.data) and not (start.errors or end.errors):
                end.errors = [*end.errors, str(_l("Skriv både fra og til, eller lad begge stå tomme."))]
                right = False
        return right

    def fill(self, stretches: Iterable[Stretch]) -> None:
        """Show what holds now."""
        by_day: dict[int, list[Stretch]] = {}
        for stretch in stretches:
            by_day.setdefault(stretch.weekday, []).append(stretch)
        for day, parts in by_day.items():
            self[f"from_{day}"].data = _clock(min(p.starts_minute for p in parts))
            self[f"to_{day}"].data = _clock(max(p.ends_minute for p in parts))
            if len(parts) == 2:
                first, second = sorted(parts, key=lambda p: p.starts_minute)
                self.break_from.data, self.break_to.data = _clock(first.ends_minute), _clock(second.starts_minute)

    @property
    def stretches(self) -> list[Stretch]:
        """What was typed; ask after validation."""
        found: list[Stretch] = []
        pause = self.break_from.data, self.break_to.data
        rest = (_minute(pause[0]), _minute(pause[1])) if pause[0] and pause[1] else None
        for day, (_name, start, end) in enumerate(self.pairs()):
            if not start.data:
                continue
            frm, to = _minute(start.data), _minute(end.data)
            if rest and frm < rest[0] < rest[1] < to:
                found += [Stretch(day, frm, rest[0]), Stretch(day, rest[1], to)]
            else:
                found.append(Stretch(day, frm, to))
        return found


for _day in range(7):
    setattr(HoursForm, f"from_{_day}", TimeField(_l("%(day)s fra", day=_l(WEEKDAYS[_day])), [Optional()]))
    setattr(HoursForm, f"to_{_day}", TimeField(_l("%(day)s til", day=_l(WEEKDAYS[_day])), [Optional()]))


def _clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


class ProfileForm(OfConsultant):
    base_name = StringField(_l("Dagen begynder og slutter ved"), [InputRequired(), Length(max=120)])
    base_postcode = StringField(_l("Postnummer"), [InputRequired(), parsed(parse_postcode)])
    max_visits_a_day = IntegerField(_l("Højst besøg om dagen"), [InputRequired(), NumberRange(1, MAX_VISITS)])

    def fill(self, profile: CalendarProfile | None) -> None:
        if profile:
            self.base_name.data, self.base_postcode.data = profile.base_name, profile.base_postcode
            self.max_visits_a_day.data = profile.max_visits_a_day


class AbsenceForm(OfConsultant):
    """Whole days when no times are given."""

    title = StringField(_l("Hvad"), [InputRequired(), Length(max=120)])
    starts_on = DateField(_l("Fra dag"), [InputRequired()])
    starts_time = TimeField(_l("Fra kl."), [Optional()])
    ends_on = DateField(_l("Til dag"), [Optional()])
    ends_time = TimeField(_l("Til kl."), [Optional()])

    def validate_starts_on(self, field: DateField) -> None:
        self._sensible(field)

    def validate_ends_on(self, field: DateField) -> None:
        self._sensible(field)

    def _sensible(self, field: DateField) -> None:
        if field.data and not 2000 <= field.data.year <= 2100:
            raise ValidationError(_l("Tjek årstallet."))

    @property
    def span(self) -> tuple[datetime, datetime]:
        """UTC, half-open; ask after validation."""
        first = self.starts_on.data
        if first is None:
            raise ValueError("validate first")
        last = self.ends_on.data or first
        start = at(first, _minute(self.starts_time.data)) if self.starts_time.data else day_bounds(first)[0]
        end = at(last, _minute(self.ends_time.data)) if self.ends_time.data else day_bounds(last)[1]
        return start, end
