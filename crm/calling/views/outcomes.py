"""A campaign's outcomes and reasons: the manager's page, where each says in a sentence what it does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.errors import Invalid
from crm.calling import actions, queries, rules
from crm.calling.rules import Outcome, OutcomeRow, ReasonRow
from crm.calling.views.blueprint import pages
from crm.campaigns.models import Campaign
from crm.campaigns.queries import campaign as load
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

MOST_ROWS = 60


@pages.route("/campaigns/<int:campaign_id>/outcomes", methods=["GET", "POST"])
@requires("campaigns.manage")
def outcomes(campaign_id: int) -> Any:
    """Both sets in one form, saved as a whole or not at all."""
    campaign = load(session(), scope(), campaign_id)
    if request.method == "GET":
        return _page(campaign, *_stored(campaign))
    rows = [_typed_outcome(number) for number in _numbers("row")]
    reasons = [_typed_reason(number) for number in _numbers("reason")]
    try:
        actions.save_outcomes(session(), actor(), now(), campaign, rows, reasons)
    except Invalid as refusal:
        session().rollback()
        found = load(session(), scope(), campaign_id)
        errors = {field: say(text, refusal.fields) for field, text in refusal.errors.items()}
        return _page(found, rows, reasons, errors, say(refusal.message, refusal.fields)), 422
    flash(_("Udfald og grunde er gemt. De gælder fra næste opkald."), "success")
    return redirect(url_for("calling.outcomes", campaign_id=campaign_id))


@pages.post("/campaigns/<int:campaign_id>/outcomes/reset")
@requires("campaigns.manage")
def reset_outcomes(campaign_id: int) -> Any:
    campaign = load(session(), scope(), campaign_id)
    actions.reset_outcomes(session(), actor(), now(), campaign)
    flash(_("Kampagnen bruger igen standardsættet. Egne udfald, der er brugt i opkald, er slået fra."), "success")
    return redirect(url_for("calling.outcomes", campaign_id=campaign_id))


@pages.get("/campaigns/<int:campaign_id>/outcomes/sentence")
@requires("campaigns.manage")
def outcome_sentence(campaign_id: int) -> Any:
    """What one row does, while it is typed; its fields carry their row number."""
    load(session(), scope(), campaign_id)
    numbers = _numbers("row")
    row = _typed_outcome(numbers[0], request.args) if numbers else OutcomeRow()
    return render_template("calling/_outcomes_sentence.html", **_said(row))


def _numbers(name: str) -> list[int]:
    """Row numbers of the form; each once, in order."""
    raw = (request.form if request.method == "POST" else request.args).getlist(name)
    return sorted({int(one) for one in raw if one.isascii() and one.isdigit() and int(one) < MOST_ROWS})


def _typed_outcome(number: int, source: Mapping[str, str] | None = None) -> OutcomeRow:
    form = request.form if source is None else source

    def typed(name: str, default: str = "") -> str:
        return form.get(f"{name}-{number}", default).strip()

    key = typed("key")
    return OutcomeRow(
        key,
        typed("label_da"),
        typed("label_en"),
        typed("letter").lower(),
        typed("meaning", "again"),
        typed("after"),
        typed("unit", "hours"),
        bool(typed("spread")),
        typed("max_tries"),
        typed("position"),
        "on" if key in rules.ALWAYS_ON else typed("state", "on"),
    )


def _typed_reason(number: int) -> ReasonRow:
    def typed(name: str) -> str:
        return request.form.get(f"reason_{name}-{number}", "").strip()

    return ReasonRow(typed("key"), typed("da"), typed("en"), typed("position"), typed("state") or "on")


def _stored(campaign: Campaign) -> tuple[list[OutcomeRow], list[ReasonRow]]:
    """What holds now, and an empty row for a new one of each."""
    known = queries.outcomes(session(), campaign.id, every=True).values()
    told = queries.decline_reasons(session(), campaign.id, every=True).values()
    rows = [OutcomeRow.of(one, number) for number, one in enumerate(known, 1)]
    reasons = [ReasonRow.of(one, number) for number, one in enumerate(told, 1)]
    return [*rows, OutcomeRow(after="4", spread=True)], [*reasons, ReasonRow()]


def _page(
    campaign: Campaign,
    rows: list[OutcomeRow],
    reasons: list[ReasonRow],
    errors: Mapping[str, str] | None = None,
    refusal: str = "",
) -> str:
    used = queries.outcomes_used(session(), campaign.id)
    given = queries.reasons_given(session(), campaign.id)
    errors = errors or {}
    known = {row.key for row in reasons}
    return render_template(
        "calling/outcomes.html",
        campaign=campaign,
        rows=[_shown(row, used) for row in rows],
        reasons=[{"row": row, "given": given.get(row.key), "removable": row.key not in given} for row in reasons],
        noes=sum(one.count for one in given.values()),
        former=[one for key, one in given.items() if key not in known],
        meanings={key: _(rules.MEANINGS[key].label) for key in rules.OWN_MEANINGS},
        retried=[key for key, meaning in rules.MEANINGS.items() if meaning.retried],
        units={key: _(label) for key, label in rules.UNITS.items()},
        errors=errors,
        faults=_faults(errors, rows, reasons),
        refusal=refusal,
    )


def _shown(row: OutcomeRow, used: Any) -> dict[str, Any]:
    locked = rules.OUTCOMES.get(row.key)
    meaning = rules.meaning_of(locked) if locked else row.meaning if row.meaning in rules.MEANINGS else "again"
    return {
        "row": row,
        "locked": _(rules.MEANINGS[meaning].label) if locked else "",
        "retried": rules.MEANINGS[meaning].retried,
        "always": row.key in rules.ALWAYS_ON,
        "removable": not locked and row.key not in used,
        **_said(row),
    }


def _faults(errors: Mapping[str, str], rows: list[OutcomeRow], reasons: list[ReasonRow]) -> list[tuple[str, str, str]]:
    """(id of the field, whose it is, what is wrong) for the summary above the form."""
    names = {number: row.label_da or row.key or _("Nyt udfald") for number, row in enumerate(rows)}
    told = {number: row.label_da or row.key or _("Ny grund") for number, row in enumerate(reasons)}
    found = []
    for field, text in errors.items():
        _name, _dash, number = field.rpartition("-")
        whose = (told if field.startswith("reason_") else names).get(int(number) if number.isdigit() else -1, "")
        found.append((field, whose, text))
    return found


def _said(row: OutcomeRow) -> dict[str, Any]:
    """The sentence of a row as typed; a fault when its numbers cannot be read."""
    if row.blank:
        return {"sentence": "", "fault": ""}
    wrong: dict[str, str] = {}
    outcome = rules.outcome_of(row, wrong)
    return {"sentence": sentence(outcome), "fault": " ".join(_(text) for text in wrong.values())}


def sentence(outcome: Outcome) -> str:
    """What the outcome does, as one says it."""
    if outcome.retry is None:
        return str(_plain(outcome))
    parts = [_pause(outcome.retry)]
    if outcome.retry.other_part:
        parts.append(_("på en anden del af dagen"))
    if outcome.max_tries:
        parts.append(ngettext("højst %(num)s gang", "højst %(num)s gange", outcome.max_tries))
    said = ", ".join(parts) + "."
    return said if not outcome.human else said + " " + _("Tæller ikke som et svar.")


def _pause(retry: rules.Retry) -> str:
    if retry.next_day:
        return str(_("Prøves igen næste hverdag"))
    if retry.pause >= timedelta(days=1) and not retry.pause % timedelta(days=1):
        return str(ngettext("Prøves igen efter %(num)s dag", "Prøves igen efter %(num)s dage", retry.pause.days))
    minutes = round(retry.pause.total_seconds() / 60)
    if minutes % 60:
        return str(ngettext("Prøves igen efter %(num)s minut", "Prøves igen efter %(num)s minutter", minutes))
    return str(ngettext("Prøves igen efter %(num)s time", "Prøves igen efter %(num)s timer", minutes // 60))


def _plain(outcome: Outcome) -> str:
    if outcome.key == rules.BOOKED:
        return str(_("Besøget bookes i kalenderen. Tæller som kontaktet og booket."))
    said = {
        "no": _("Tæller som kontaktet med et nej. Phoneren vælger grunden."),
        "yes": _("Tæller som kontaktet og booket, men der bookes ingen tid i kalenderen."),
        "nobody": _("Ringes ikke op mere. Tæller ikke i bookingraten."),
        "unsuited": _("Der blev talt. Ringes ikke op mere, og tæller ikke i bookingraten."),
        "never": _("Ringes aldrig op igen, i ingen kampagne. Tæller ikke i bookingraten."),
        "promise": _("Ringes op, når det er aftalt, også når forsøgene er brugt op."),
    }
    return str(said[rules.meaning_of(outcome)])
