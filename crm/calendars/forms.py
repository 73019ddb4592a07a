"""Forms of the calendar page: weekly hours, bases, wishes, absence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    StringField,
    TimeField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from crm.base.clock import at, day_bounds
from crm.base.types import parse_postcode
from crm.calendars.models import CalendarProfile, CalendarWishes, WeekdayBase
from crm.calendars.rules import MAX_VISITS, WEEKDAYS, Stretch
from crm.calendars.rules.wishes import (
    FURTHEST_DAYS,
    LONGEST_LUNCH,
    MOST_NOTICE_HOURS,
    NotAreas,
    parse_areas,
    written,
)
from crm.integrations.caldav_xml import Found
from crm.web.forms import BaseForm, parsed
from crm.web.i18n import say

WORKDAYS = range(5)
"""Weekdays that may have a base of their own."""


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
    """Where days begin, on single weekdays elsewhere, and visits a day; a weekday left empty has the usual base."""

    base_name = StringField(_l("Dagen begynder og slutter ved"), [InputRequired(), Length(max=120)])
    base_postcode = StringField(_l("Postnummer"), [InputRequired(), parsed(parse_postcode)])
    max_visits_a_day = IntegerField(_l("Højst besøg om dagen"), [InputRequired(), NumberRange(1, MAX_VISITS)])

    def weekdays(self) -> list[tuple[str, Any, Any]]:
        """(weekday's name, name field, postcode field), Monday to Friday."""
        return [(WEEKDAYS[n], self[f"base_name_{n}"], self[f"base_postcode_{n}"]) for n in WORKDAYS]

    def validate(self, extra_validators: Any = None) -> bool:
        right = bool(super().validate(extra_validators))
        for _name, name, postcode in self.weekdays():
            if bool((name.data or "").strip()) != bool(postcode.data) and not (name.errors or postcode.errors):
                wanted = str(_l("Skriv både sted og postnummer, eller lad begge stå tomme."))
                postcode.errors = [*postcode.errors, wanted]
                right = False
        return right

    @property
    def bases(self) -> dict[int, tuple[str, str]]:
        """By weekday; ask after validation."""
        rows = zip(WORKDAYS, self.weekdays(), strict=True)
        return {number: (name.data, postcode.data) for number, (_day, name, postcode) in rows if postcode.data}

    def fill(self, profile: CalendarProfile | None, bases: Mapping[int, WeekdayBase] | None = None) -> None:
        """Show what holds now."""
        if profile:
            self.base_name.data, self.base_postcode.data = profile.base_name, profile.base_postcode
            self.max_visits_a_day.data = profile.max_visits_a_day
        for number, base in (bases or {}).items():
            if number in WORKDAYS:
                self[f"base_name_{number}"].data, self[f"base_postcode_{number}"].data = base.name, base.postcode


for _day in WORKDAYS:
    _named = StringField(_l("%(day)s sted", day=_l(WEEKDAYS[_day])), [Optional(), Length(max=120)])
    _coded = StringField(_l("%(day)s postnummer", day=_l(WEEKDAYS[_day])), [Optional(), parsed(parse_postcode)])
    setattr(ProfileForm, f"base_name_{_day}", _named)
    setattr(ProfileForm, f"base_postcode_{_day}", _coded)


class WishesForm(OfConsultant):
    """What is wished of bookings. Lunch 0 minutes: none; no areas: everywhere; no days: as the campaign says."""

    areas = StringField(_l("Kun besøg i postnumrene"), [Length(max=400)])
    lunch_minutes = IntegerField(_l("Frokost"), [InputRequired(), NumberRange(0, LONGEST_LUNCH)], default=0)
    lunch_from = TimeField(_l("Frokost tidligst"), [InputRequired()], default=time(11))
    lunch_to = TimeField(_l("Frokost senest slut"), [InputRequired()], default=time(13, 30))
    notice_hours = IntegerField(_l("Mindste varsel"), [InputRequired(), NumberRange(0, MOST_NOTICE_HOURS)], default=0)
    horizon_days = IntegerField(_l("Højst så langt frem"), [Optional(), NumberRange(1, FURTHEST_DAYS)])

    def validate_areas(self, field: StringField) -> None:
        try:
            parse_areas(field.data or "")
        except NotAreas as problem:
            raise ValidationError(say(problem.message, {"part": problem.part})) from problem

    def fill(self, wishes: CalendarWishes | None) -> None:
        """Show what holds now."""
        if wishes is None:
            return
        self.areas.data = written(wishes.areas)
        self.lunch_minutes.data, self.notice_hours.data = wishes.lunch_minutes, wishes.notice_hours
        self.lunch_from.data, self.lunch_to.data = _clock(wishes.lunch_from), _clock(min(wishes.lunch_to, 1439))
        self.horizon_days.data = wishes.horizon_days

    @property
    def values(self) -> dict[str, Any]:
        """For ``set_wishes``; ask after validation."""
        if self.lunch_from.data is None or self.lunch_to.data is None:
            raise ValueError("validate first")
        return {
            "areas": parse_areas(self.areas.data or ""),
            "lunch_minutes": self.lunch_minutes.data or 0,
            "lunch_from": _minute(self.lunch_from.data),
            "lunch_to": _minute(self.lunch_to.data),
            "notice_hours": self.notice_hours.data or 0,
            "horizon_days": self.horizon_days.data,
        }


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


class SourceForm(BaseForm):
    """A calendar of one's own by its link."""

    name = StringField(_l("Navn"), [Optional(), Length(max=120)])
    address = StringField(_l("Kalenderlink"), [InputRequired(), Length(max=2000)])


class CaldavForm(BaseForm):
    """A CalDAV account; the password is never shown again."""

    address = StringField(_l("Serverens adresse"), [InputRequired(), Length(max=500)])
    username = StringField(_l("Brugernavn"), [InputRequired(), Length(max=200)])
    password = PasswordField(_l("Adgangskode"), [InputRequired(), Length(max=500)])


class ChangeCaldavForm(BaseForm):
    """What a connected calendar is used for; the password only where it is another by now."""

    writes = BooleanField(_l("Skriv mine besøg i kalenderen"))
    reads = BooleanField(_l("Læs, hvornår jeg er optaget"))
    password = PasswordField(_l("Ny adgangskode"), [Optional(), Length(max=500)])


class ChooseCalendarForm(BaseForm):
    """Which of the calendars that were found, and for what. ``kept``: the sealed account."""

    kept = HiddenField()
    collection = RadioField(_l("Kalender"), validate_choice=False)
    writes = BooleanField(_l("Skriv mine besøg i kalenderen"))
    reads = BooleanField(_l("Læs, hvornår jeg er optaget"))

    @classmethod
    def typed(cls, found: Iterable[Found]) -> ChooseCalendarForm:
        """As it was sent."""
        form = cls()
        form.collection.choices = [
            (one.url, one.name if one.writable else _l("%(name)s (kun til læsning)", name=one.name)) for one in found
        ]
        return form

    @classmethod
    def of(cls, found: Iterable[Found], kept: str) -> ChooseCalendarForm:
        """A fresh one: both uses, and the calendar where there is but one to choose."""
        calendars = list(found)
        data = {"kept": kept, "writes": True, "reads": True, "collection": calendars[0].url}
        form = cls(formdata=None, data=data)
        form.collection.choices = cls.typed(calendars).collection.choices
        return form
