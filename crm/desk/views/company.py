"""The company page: who they are, what may be done, and everything that happened, across jobcentres."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import N_
from crm.calling.queries import Wording, wording
from crm.campaigns.queries import returned_letter
from crm.campaigns.rules import STRIKE_REASONS
from crm.companies.models import Workplace
from crm.companies.queries import geocoding
from crm.companies.rules import industry_label
from crm.companies.rules.place import NO_SURE_ANSWER, placed
from crm.desk.queries import company as queries
from crm.desk.queries.reach import workplace
from crm.desk.queries.timeline import Line, story
from crm.desk.views.base import on_phone, pages, today
from crm.followups import queries as follow_ups
from crm.followups.rules import AGREED, KINDS
from crm.openings.rules import CLOSE_REASONS, SHORT
from crm.visits.rules import EVENTS, STATES
from crm.web.edge import now, session
from crm.web.filters import dk_date, dk_datetime, dk_time, iso
from crm.web.i18n import locale_code
from crm.web.permit import may, requires, scope, scope_for


@pages.get("/companies/<int:workplace_id>")
@requires("companies.read")
def company(workplace_id: int) -> Any:
    """``before`` pages back in time. A calling firm sees its own calls and visits, and those of nobody else."""
    found = workplace(session(), scope(), workplace_id, today())
    before = _moment(request.args.get("before"))
    told = story(session(), scope(), found.id, before, now=now())
    owed = follow_ups.of_workplace(session(), found.id, scope_for("followups.read")) if may("followups.read") else []
    joined = queries.campaigns(session(), scope(), found.id)
    visit = queries.next_visit(session(), scope(), found.id, now())
    in_words = {one.campaign_id for one in joined} | {
        line.data["campaign_id"] for line in told.lines if line.kind == "call"
    }
    said = wording(session(), in_words, locale_code())
    return render_template(
        "desk/company.html",
        workplace=found,
        industry=_(industry_label(found.industry_code, found.industry_version)) if found.industry_code else "",
        items=[item(line, said) for line in told.lines],
        place=_(placed(found.geo_source)),
        place_trouble=_place_trouble(found),
        campaigns=joined,
        before=before,
        older=iso(told.older),
        owed=[one for one in owed if one.state == "open"],
        day=today(),
        visit=visit,
        visit_open=visit is not None and _may_open(visit.jobcentre_id, visit.booked_by),
        firm_only=not (scope().everything or scope().jobcentres),
        said=said,
        phone=on_phone(),
        siblings=queries.siblings(session(), scope(), found, today()),
        basis=next((one.basis for one in joined if one.basis), None),
        returned_batch=_returned_batch(found),
    )


def _place_trouble(found: Workplace) -> str | None:
    """Why the place is not known better, when its address was looked up in vain."""
    if found.geo_source not in ("postcode", "none"):
        return None
    looked_up = geocoding(session(), found.id)
    told = NO_SURE_ANSWER.get(looked_up.state) if looked_up else None
    return _(told) if told else None


def _returned_batch(found: Workplace) -> int | None:
    """The batch of letters in reach whose letter to the workplace came back."""
    if found.mail_returned_at is None or not may("campaigns.mail"):
        return None
    letter = returned_letter(session(), scope_for("campaigns.mail"), found.id)
    return letter.batch_id if letter else None


def _may_open(jobcentre_id: int, booked_by: int | None) -> bool:
    """Whether the visit's own page opens for the reader: a phoner's own bookings, a jobcentre's visits."""
    reach = scope_for("visits.read")
    return reach.everything or jobcentre_id in reach.jobcentres or (booked_by is not None and booked_by == reach.own)


def _moment(text: str | None) -> datetime | None:
    """An aware moment from the address; anything else is the newest page."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


TONES = {"booked": "good", "declined": "warn", "do_not_call": "bad", "report": "good", "cancel": "warn"}


def item(line: Line, said: Wording) -> dict[str, Any]:
    """A line of the timeline as the component draws it; notes of other jobcentres stay with them."""
    title, text, url = _call(line, said) if line.kind == "call" else _said(line)
    if not line.mine:
        text, url = _("%(place)s · noterne er deres egne", place=line.place), ""
    elif line.place:
        text = " · ".join(part for part in (text, line.place) if part)
    return {
        "title": title,
        "text": text,
        "who": line.who or _nobody(line),
        "url": url,
        "tone": TONES.get(line.data.get("answer") or line.what, ""),
        "when": dk_datetime(line.at),
        "datetime": iso(line.at),
    }


def _nobody(line: Line) -> str:
    """Who changed or answered a visit without being signed in."""
    if line.kind != "visit":
        return ""
    return str(_("konsulenten") if line.data.get("party") == "consultant" else _("virksomheden"))


def _said(line: Line) -> tuple[str, str, str]:
    """Title, text and address of a line."""
    say = {"visit": _visit, "opening": _opening, "agreed": _agreed, "changed": _changed, "done": _done, "mail": _mail}
    title, text, url = say[line.kind](line) if line.kind in say else _log(line)
    return str(title), text, url


def _call(line: Line, said: Wording) -> tuple[str, str, str]:
    label = said.outcome(line.data["campaign_id"], line.what)
    reason = said.reason(line.data["campaign_id"], line.data["reason"])
    later = line.data["call_back_at"]
    parts = [reason, dk_datetime(later) if later else "", line.text, line.data["campaign"]]
    return _("Opkald: %(outcome)s", outcome=label.lower()), " · ".join(part for part in parts if part), ""


def _visit(line: Line) -> tuple[str, str, str]:
    title = _(EVENTS.get(line.what, N_("Besøg ændret")))
    if line.what in ("report", "cancel"):
        title = f"{title}: {_(STATES[line.data['state']]).lower()}"
    if line.what == "reply":
        answers = {"ACCEPTED": _("ja"), "DECLINED": _("nej"), "TENTATIVE": _("måske")}
        title = f"{title}: {answers.get(line.data.get('partstat', ''), '')}".rstrip(": ")
    expected = line.data.get("expected_at")
    later = _("ventet kl. %(time)s", time=dk_time(datetime.fromisoformat(expected))) if expected else ""
    parts = [_("til %(when)s", when=dk_datetime(line.data["starts_at"])), later, line.text]
    open_to_me = _may_open(line.data["jobcentre_id"], line.data["booked_by"])
    url = url_for("visits.show", visit_id=line.subject_id) if open_to_me else ""
    return title, " · ".join(part for part in parts if part), url


def _opening(line: Line) -> tuple[str, str, str]:
    label = _(SHORT[line.what]).lower() if line.what in SHORT else line.what
    title = _("Åbning: %(type)s, %(count)s stk.", type=label, count=line.data["positions"])
    parts = [_("akutjob") if line.data["akutjob"] else "", line.text]
    url = url_for("openings.show", opening_id=line.subject_id) if may("openings.read") else ""
    return title, " · ".join(part for part in parts if part), url


def _agreed(line: Line) -> tuple[str, str, str]:
    kind = line.data["kind"]
    if kind not in AGREED:  # our own task, nobody agreed to it
        title = _("Opgave: %(kind)s", kind=_(KINDS[kind]).lower())
    else:
        title = _("Aftalt: jobcentret skylder") if line.what == "jobcentre" else _("Aftalt: virksomheden skylder")
    text = _("%(promise)s · senest %(day)s", promise=line.text, day=dk_date(line.data["due_on"]))
    return title, text, _follow_up(line)


CHANGES = {
    "followups.snooze": N_("Aftale udskudt"),
    "followups.hand_over": N_("Aftale givet videre"),
    "followups.reopen": N_("Aftale åbnet igen"),
    "followups.confirm": N_("Aftale bekræftet af virksomheden"),
    "followups.correct": N_("Virksomheden retter aftalen"),
    "followups.corrected": N_("Rettelsen er taget til følge"),
    "followups.declined": N_("Rettelsen er ikke taget til følge"),
    "followups.kept": N_("Virksomheden siger, at det er sket"),
    "followups.not_kept": N_("Virksomheden siger, at det ikke er sket"),
}


def _changed(line: Line) -> tuple[str, str, str]:
    """What happened to a promise: to which day, to whom, and why."""
    data = line.data
    new = ""
    if line.what == "followups.snooze" and data.get("due_on"):
        new = _("til %(day)s", day=dk_date(date.fromisoformat(data["due_on"])))
    elif line.what == "followups.hand_over":
        new = _("til %(name)s", name=data.get("to_name", ""))
    parts = (line.text, str(new), str(data.get("reason") or ""))
    return _(CHANGES[line.what]), " · ".join(part for part in parts if part), _follow_up(line)


def _done(line: Line) -> tuple[str, str, str]:
    return _("Opfølgning gjort"), line.text, _follow_up(line)


def _follow_up(line: Line) -> str:
    reach = scope_for("followups.read")
    return url_for("followups.show", follow_up_id=line.subject_id) if reach.jobcentres or reach.everything else ""


def _mail(line: Line) -> tuple[str, str, str]:
    title = (
        _("SMS: %(subject)s", subject=line.text)
        if line.data["channel"] == "sms"
        else _("Mail: %(subject)s", subject=line.text)
    )
    states = {
        "pending": _("venter"),
        "sending": _("sendes"),
        "sent": _("sendt"),
        "failed": _("kunne ikke sendes"),
        "unknown": _("uvist om den kom frem"),
        "withheld": _("ikke sendt: har frabedt sig SMS"),
    }
    return title, states.get(line.what, line.what), ""


LOG = {
    "companies.do_not_call": N_("Må ikke ringes op"),
    "companies.lift_do_not_call": N_("Må ringes op igen"),
    "companies.import": N_("Læst ind fra registret"),
    "companies.moved": N_("Flyttet til en anden kommune"),
    "campaigns.letter": N_("Brev sendt"),
    "campaigns.strike": N_("Strøget på ringelisten"),
    "campaigns.restore": N_("Sat på ringelisten igen"),
    "integrations.retry": N_("Besked sendt igen"),
    "campaigns.mail_returned": N_("Brev kommet retur"),
    "campaigns.mail_not_returned": N_("Brev var alligevel ikke retur"),
    "openings.close": N_("Åbning lukket"),
    "openings.reopen": N_("Åbning åbnet igen"),
    "openings.relax": N_("Ønskerne til en åbning lempet"),
    "openings.candidacy_send": N_("Kandidat sendt til virksomheden"),
    "openings.candidacy_hire": N_("Kandidat ansat"),
    "openings.candidacy_interview": N_("Kandidat til samtale"),
}
"""What the log alone tells."""


def _log(line: Line) -> tuple[str, str, str]:
    words = {**STRIKE_REASONS, **(CLOSE_REASONS if line.what == "openings.close" else {})}
    text = _(words[line.text]) if line.text in words else line.text
    return _(LOG.get(line.what, N_("Ændret"))), text, ""
