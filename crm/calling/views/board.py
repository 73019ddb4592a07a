"""The live board: who calls, how the day goes, what is left, when the target is reached; take a company back."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import NotFound, Refusal
from crm.calling import actions, queries
from crm.calling.models import QueueEntry
from crm.calling.queries import board as reads
from crm.calling.views.asked import Asked, read_asked, supervision
from crm.calling.views.blueprint import ENTRY, pages
from crm.calling.views.board_live import live
from crm.calling.views.board_queue import left
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


@pages.get("/calling/board")
@requires("calling.supervise")
def board() -> Any:
    """The whole page; without script a reload brings the newest."""
    asked = read_asked()
    shown = {"asked": asked, "nav": supervision(asked.campaign)}
    if asked.campaign is None:
        return render_template("calling/board.html", **shown)
    return render_template("calling/board.html", **shown, live=_live(asked), queue=left(asked))


@pages.get("/calling/board/live")
@requires("calling.supervise")
def board_live() -> Any:
    """Who calls now, every ten seconds."""
    asked = _running()
    return render_template("calling/_board_live.html", asked=asked, live=_live(asked))


@pages.get("/calling/board/queue")
@requires("calling.supervise")
def board_queue() -> Any:
    """What is left and the target, every minute."""
    asked = _running()
    return render_template("calling/_board_queue.html", asked=asked, queue=left(asked))


def _running() -> Asked:
    asked = read_asked()
    if asked.campaign is None:
        raise NotFound
    return asked


def _live(asked: Asked) -> dict[str, Any]:
    firm_id = asked.firm.id if asked.firm else None
    campaign_id = asked.campaign.id if asked.campaign else 0
    return live(reads.phoners(session(), scope(), campaign_id, now(), firm_id))


@pages.post(f"/calling/board/{ENTRY}/take-back")
@requires("calling.supervise")
def take_back(entry_id: int) -> Any:
    """Back in the queue; the board again, with what happened."""
    entry: QueueEntry = queries.entry(session(), scope(), entry_id)
    asked = read_asked(request.form)
    holder = request.form.get("holder", "")
    try:
        actions.take_back(session(), actor(), now(), entry, int(holder) if holder.isascii() and holder.isdigit() else 0)
    except Refusal as refusal:
        session().rollback()
        flash(say(refusal.message, refusal.fields), "warning")
    else:
        flash(_("%(company)s er taget tilbage og ligger i køen igen.", company=entry.workplace.name), "success")
    return redirect(url_for("calling.board", **asked.address()))
