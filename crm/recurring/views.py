"""The page of the recurring jobs, for administrators: how each stands, what was set aside, run now, try again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.base.errors import NotFound, Refusal
from crm.recurring import actions, queries
from crm.recurring.models import JobRun, SetAside
from crm.recurring.rules import Named, Plan, as_cron, in_words, is_silent, standing
from crm.web.edge import now, session
from crm.web.filters import dk_datetime, dk_number, dk_time
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope_for

pages = Blueprint("recurring", __name__)

SIZE = 50


def plans() -> Sequence[Plan]:
    """The jobs of crm.scheduler, handed over by the composition."""
    found: Sequence[Plan] = current_app.extensions["crm.jobs"]
    return found


def _plan(key: str) -> Plan:
    found = next((plan for plan in plans() if plan.key == key), None)
    if found is None:
        raise NotFound
    return found


@pages.get("/jobs")
@requires("recurring.read")
def jobs() -> Any:
    """``job`` and ``before`` (the last id of the page before) choose among what was set aside."""
    chosen = request.args.get("job", "")[:40] or None
    before = request.args.get("before", type=int)
    before = before if before and 0 < before < 2**53 else None
    rows = queries.aside(session(), chosen, before, SIZE + 1)
    counts, away = queries.aside_counts(session()), queries.dismissed(session(), SIZE)
    return render_template(
        "recurring/jobs.html",
        **_live(),
        aside=rows[:SIZE],
        more=len(rows) > SIZE,
        aside_counts=counts,
        chosen=chosen if chosen in counts else None,
        paged=before is not None,
        names=_names({*counts, *(row.job for row, _said in away)}),
        items=_items([*rows[:SIZE], *(row for row, _said in away)]),
        away=away,
    )


@pages.get("/jobs/live")
@requires("recurring.read")
def jobs_live() -> Any:
    """The part that brings itself up to date."""
    return render_template("recurring/_live.html", **_live())


def _live() -> dict[str, Any]:
    found, head, at = queries.runs(session()), queries.leader(session()), now()
    troubles: Mapping[str, Sequence[Named]] = current_app.extensions["crm.job_troubles"](session())
    counts = Counter[str]()
    for job, count in queries.aside_counts(session()).items():
        counts[_job_of(job) or ""] += count
    cards = [
        _card(plan, found.get(plan.key), at)
        | {"aside": counts[plan.key], "troubles": [_link(one) for one in troubles.get(plan.key, ())]}
        for plan in plans()
    ]
    return {
        "jobs": cards,
        "leader": head,
        "silent": is_silent(head, at),
        "beat": _when(head.beat_at, at) if head else "",
        "late": [card["name"] for card in cards if card["late"]],
        "broken": [card["name"] for card in cards if card["state"] == "failed"],
        "states": _states(),
    }


def _states() -> Mapping[str, tuple[str, str]]:
    """state -> words and tone."""
    return {
        "running": (_("Kører nu"), "accent"),
        "asked": (_("Bedt om at køre"), "accent"),
        "failed": (_("Fejlet"), "bad"),
        "overdue": (_("Forsinket"), "warn"),
        "never": (_("Ikke kørt endnu"), ""),
        "well": (_("I orden"), "good"),
    }


def _card(plan: Plan, row: JobRun | None, at: datetime) -> dict[str, Any]:
    """A job as the page shows it."""
    stands, (words, fields) = standing(plan, row, at), in_words(plan.trigger)
    said, _line, places = (row.last_error if row and row.last_error else "").partition("\n")
    return {
        "key": plan.key,
        "name": _(plan.description),
        "words": say(words, {name: _(value) if name == "days" else value for name, value in fields.items()}),
        "cron": as_cron(plan.trigger),
        "state": stands.state,
        "late": bool(stands.overdue_since),
        "row": row,
        "last": _when(row.started_at, at) if row and row.started_at else "",
        "took": _took(row.seconds) if row and row.seconds is not None else "",
        "next": _("straks") if stands.next_at <= at else _when(stands.next_at, at),
        "error": _(said) if said else "",
        "error_at": _when(row.last_error_at, at) if row and row.last_error_at else "",
        "places": places,
        "since": _when(row.running_since, at) if row and row.running_since else "",
    }


def _when(moment: datetime, at: datetime) -> str:
    """``kl. 9.05`` of today, with the date on other days."""
    if danish_date(moment) == danish_date(at):
        return str(_("kl. %(time)s", time=dk_time(moment)))
    return dk_datetime(moment)


def _took(seconds: float) -> str:
    if seconds < 0.1:
        return str(_("under 0,1 s"))
    if seconds < 60:
        return f"{dk_number(seconds, 1)} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _names(jobs: Iterable[str]) -> Mapping[str, str]:
    """What a job that set something aside is called; a part of a job (``nag_digest``) like the whole."""
    words = {plan.key: _(plan.description) for plan in plans()}
    return {job: words.get(_job_of(job) or "", job) for job in jobs}


def _items(rows: Sequence[SetAside]) -> Mapping[int, Mapping[str, str]]:
    """What each row set aside is, in words, by the row's id."""
    found: Mapping[int, Named] = current_app.extensions["crm.item_names"](session(), rows)
    return {number: _link(one) for number, one in found.items()}


def _link(one: Named) -> Mapping[str, str]:
    """``words``, and ``url`` for those whom the permission table shows every record of that page: no link leads
    nowhere."""
    verb = getattr(current_app.view_functions.get(one.endpoint), "permission", None)
    leads = verb is not None and scope_for(verb).everything
    return {"words": say(one.words, dict(one.fields)), "url": url_for(one.endpoint, **one.values) if leads else ""}


def _job_of(job: str) -> str | None:
    keys = (plan.key for plan in plans())
    return next((key for key in keys if job == key or job.startswith(f"{key}_")), None)


@pages.post("/jobs/<key>/run")
@requires("recurring.run")
def jobs_run(key: str) -> Any:
    """Ask the leader to run it; it does so within seconds."""
    plan = _plan(key)
    actions.ask(session(), actor(), now(), plan.key)
    if is_silent(queries.leader(session()), now()):
        flash(_("Jobbet kører, så snart en planlægger er i gang. Der er ingen lige nu."), "warning")
    else:
        flash(_("»%(name)s« kører om et øjeblik.", name=_(plan.description)), "success")
    return redirect(url_for("recurring.jobs"))


@pages.post("/jobs/set-aside/<int:number>/retry")
@requires("recurring.run")
def jobs_retry(number: int) -> Any:
    """Let one item be tried again, and run its job now."""
    found = queries.one_aside(session(), number)
    actions.release(session(), actor(), now(), found)
    key = _job_of(found.job)
    if key is not None:
        actions.ask(session(), actor(), now(), key)
    flash(_("%(item)s prøves igen om et øjeblik.", item=_called(found)), "success")
    return _to_aside()


@pages.post("/jobs/set-aside/<int:number>/dismiss")
@requires("recurring.run")
def jobs_dismiss(number: int) -> Any:
    """Put one item away for good, for a reason."""
    found = queries.one_aside(session(), number)
    try:
        actions.dismiss(session(), actor(), now(), found, request.form.get("reason", ""))
    except Refusal as refusal:
        flash(" ".join(say(one) for one in (refusal.message, *refusal.errors.values())), "error")
    else:
        flash(_("%(item)s er lagt væk. Den kommer kun igen, hvis den fejler på en anden måde.", item=_called(found)))
    return _to_aside()


def _called(row: SetAside) -> str:
    return str(_items([row]).get(row.id, {"words": row.item})["words"])


def _to_aside() -> Any:
    chosen = request.form.get("job", "")[:40] or None
    return redirect(url_for("recurring.jobs", job=chosen, _anchor="aside"))
