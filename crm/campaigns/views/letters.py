"""Letters before the calls: how far a campaign's lists are, and new batches of a list."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import add_working_days, danish_date
from crm.base.errors import Invalid, Refusal
from crm.campaigns.actions import make_letters, refuse_letters
from crm.campaigns.forms import LetterForm
from crm.campaigns.models import CallList, LetterBatch
from crm.campaigns.queries import (
    LETTERS_PAGE,
    ListLetters,
    batch_counts,
    campaign_batches,
    letter_candidates,
    list_batches,
    list_letters,
)
from crm.campaigns.queries import call_list as load_list
from crm.campaigns.queries import campaign as load_campaign
from crm.campaigns.rules import EVERY, LETTER_LEFT_OUT, MOST_BATCHES, Candidate, Portion, deal, in_order, letter_opens
from crm.campaigns.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.filters import dk_number
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

LEAD_DAYS = 3
FAR = 3 * 366  # days; a plan beyond is a slip of the pen


def page_number(name: str = "page") -> int:
    return min(max(request.args.get(name, 1, type=int) or 1, 1), 100_000)


def opens(batch: LetterBatch) -> Any:
    """When those in the batch may be called; None when the campaign ends before."""
    return letter_opens(batch.call_list.participation.campaign, batch.mailed_on)


@pages.get("/campaigns/<int:campaign_id>/letters")
@requires("campaigns.mail")
def letters(campaign_id: int) -> Any:
    found = load_campaign(session(), scope(), campaign_id)
    today = danish_date(now())
    lists = list_letters(session(), found.id, scope(), today)
    number, shown = page_number(), page_number("lists")
    batches, total = campaign_batches(session(), found.id, scope(), number)
    return render_template(
        "campaigns/letters.html",
        campaign=found,
        lists=lists[(shown - 1) * LETTERS_PAGE : shown * LETTERS_PAGE],
        list_page=shown,
        list_total=len(lists),
        sums=_sums(lists),
        batches=batches,
        counts=batch_counts(session(), [batch.id for batch in batches]),
        total=total,
        page=number,
        per_page=LETTERS_PAGE,
        today=today,
        opens=opens,
    )


def _sums(lists: list[ListLetters]) -> dict[str, int]:
    fields = ("on_list", "sent", "planned", "left_out", "returned", "rest")
    return {field: sum(getattr(one, field) for one in lists) for field in fields}


@pages.route("/lists/<int:list_id>/letters", methods=["GET", "POST"])
@requires("campaigns.mail")
def new_letters(list_id: int) -> Any:
    """GET shows what the fields in the address would give; POST makes the batches."""
    found = load_list(session(), scope(), list_id)
    form = _form(found)
    stopped = _stopped(found)
    counting = request.form.get("do") == "count"
    if request.method == "POST" and not stopped and not counting and form.validate():
        try:
            made = make_letters(session(), actor(), now(), found, **_typed(form))
        except Invalid as refusal:
            session().rollback()
            form.refused(refusal)
        except Refusal as refusal:
            session().rollback()
            flash(say(refusal.message, refusal.fields), "error")
            return redirect(url_for("campaigns.new_letters", list_id=found.id), 303)
        else:
            return _made(found, made)
    status = 422 if request.method == "POST" and not counting else 200
    return _page(found, form, stopped), status


def _form(found: CallList) -> LetterForm:
    if request.method == "POST":
        return LetterForm()
    if request.args:
        return LetterForm(request.args)
    first_on = add_working_days(danish_date(now()), LEAD_DAYS)
    count = len(list_batches(session(), found)) + 1
    return LetterForm(data={"name": _("Brev %(number)d", number=count), "first_on": first_on, "every": "week"})


def _typed(form: LetterForm) -> dict[str, Any]:
    return {
        "name": form.name.data or "",
        "first_on": form.first_on.data,
        "amount": form.amount.data,
        "per": form.per.data,
        "every": form.every.data,
    }


def _stopped(found: CallList) -> str:
    """Why no letters can be made for the list, in words; empty when they can."""
    try:
        refuse_letters(found)
    except Refusal as refusal:
        return say(refusal.message, refusal.fields)
    return ""


def _page(found: CallList, form: LetterForm, stopped: str) -> str:
    candidates = letter_candidates(session(), found) if not stopped else []
    portions = _portions(form, candidates)
    batches = list_batches(session(), found)
    return render_template(
        "campaigns/letters_new.html",
        call_list=found,
        campaign=found.participation.campaign,
        form=form,
        stopped=stopped,
        can=sum(one.left_out is None for one in candidates),
        cannot=_reasons(candidates),
        reasons=LETTER_LEFT_OUT,
        portions=portions[:MOST_BATCHES],
        too_many=len(portions) > MOST_BATCHES,
        plan_letters=sum(len(portion.letters) for portion in portions),
        batches=batches,
        counts=batch_counts(session(), [batch.id for batch in batches]),
        opens_on=lambda day: letter_opens(found.participation.campaign, day),
        opens=opens,
        today=danish_date(now()),
    )


def _portions(form: LetterForm, candidates: list[Candidate]) -> list[Portion]:
    """The plan the fields give, none while they cannot be read."""
    first_on, per, amount, every = form.first_on.data, form.per.data, form.amount.data, form.every.data
    fields = (form.first_on, form.per, form.amount)
    if any(field.process_errors and any(field.raw_data or ()) for field in fields) or every not in EVERY:
        return []  # an empty field is no error: all of them
    if not isinstance(first_on, date) or abs((first_on - danish_date(now())).days) > FAR:
        return []
    if (per is not None and per < 1) or (amount is not None and amount < 1):
        return []
    return deal(candidates, first_on, amount=amount, per=per, every=every)


def _reasons(candidates: list[Candidate]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in candidates:
        if one.left_out:
            counts[one.left_out] = counts.get(one.left_out, 0) + 1
    return in_order(counts)


def _made(found: CallList, made: list[LetterBatch]) -> Any:
    counts = batch_counts(session(), [batch.id for batch in made])
    sent = sum(count.letters for count in counts.values())
    text = ngettext("%(num)s forsendelse er lavet", "%(num)s forsendelser er lavet", len(made))
    text += ngettext(" med %(count)s brev.", " med %(count)s breve.", sent, count=dk_number(sent))
    flash(text + " " + _("De berørte virksomheder ringes først op, når brevet er nået frem."), "success")
    if len(made) == 1:
        return redirect(url_for("campaigns.letter_batch", batch_id=made[0].id), 303)
    return redirect(url_for("campaigns.letters", campaign_id=found.participation.campaign_id), 303)
