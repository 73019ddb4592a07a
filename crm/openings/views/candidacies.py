"""Candidates on an opening: the panel of the opening's page, finding some, and each one's steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.clock import danish_date
from crm.openings import queries
from crm.openings.actions import candidacies as actions
from crm.openings.models import Candidacy, Opening, Placement
from crm.openings.queries import candidates as read
from crm.openings.queries import matching
from crm.openings.rules.candidates import CANDIDACY_STATES, END_REASONS, RUNNING, consent_state
from crm.openings.rules.types import SHORT
from crm.openings.views.blueprint import pages
from crm.openings.views.people import facts, on_phone, reasons
from crm.openings.views.shared import in_reach, or_back
from crm.web.edge import now, session
from crm.web.permit import actor, may, requires, scope, scope_for

TONES = {"hired": "good", "interview": "accent", "sent": "accent", "ended": "", "refused": "", "offered": "warn"}


@dataclass(frozen=True)
class Row:
    """One candidate on an opening, in words. ``home``: whose it is where it is not the opening's jobcentre;
    ``known``: whether the candidate's own page is the reader's to see."""

    c: Candidacy
    state: str
    tone: str
    facts: str
    home: str
    known: bool
    consent: str
    because: str

    @property
    def over(self) -> bool:
        return self.c.state in ("ended", "refused")


def panel(opening: Opening) -> dict[str, Any]:
    """What the opening's page shows of candidates and placements; numbers alone for who may not see candidates."""
    rows = read.of_opening(session(), opening.id)
    placed = read.placements_of(session(), opening.id)
    reach = scope_for("openings.candidates")
    sees = may("openings.candidates") and (reach.everything or opening.jobcentre_id in reach.jobcentres)
    return {
        "people": {
            "rows": [row_of(row) for row in rows] if sees else [],
            "sees": sees,
            "running": sum(row.state in RUNNING for row in rows),
            "presented": sum(row.presented_at is not None for row in rows),
            "free": max(0, opening.positions - len(placed)),
            "sendable": sum(row.state in ("proposed", "presented", "interview") and not row.sent_at for row in rows),
            "open": opening.state == "open",
        },
        "placed": placed_rows(placed),
    }


def row_of(candidacy: Candidacy) -> Row:
    who = candidacy.candidate
    own = who.jobcentre_id == candidacy.opening.jobcentre_id
    home = "" if own else who.partner.name if who.partner else who.jobcentre.name if who.jobcentre else ""
    reach = scope_for("openings.candidates")
    return Row(
        candidacy,
        _(CANDIDACY_STATES[candidacy.state]),
        TONES.get(candidacy.state, ""),
        facts(who),
        home,
        who.jobcentre_id in reach.jobcentres and who.erased_at is None,
        consent_state(who, now()),
        _(END_REASONS[candidacy.ended_because]) if candidacy.ended_because in END_REASONS else "",
    )


def placed_rows(placed: Sequence[Placement]) -> list[dict[str, Any]]:
    return [{"p": one, "who": one.candidacy.candidate.reference, "type": _(SHORT[one.type])} for one in placed]


@pages.get("/openings/<int:opening_id>/proposals")
@requires("openings.candidates")
def proposals(opening_id: int) -> Any:
    """Our own candidates that fit, the best first; by htmx the first few alone. Without an occupation nobody can be
    said to fit: then those searched for alone."""
    found = queries.opening(session(), scope(), opening_id)
    search = request.args.get("q", "").strip()[:100]
    brief = bool(request.headers.get("HX-Request"))
    unwritten = not (found.occupation or found.occupation_code or search)
    proposed = (
        matching.Proposals([], 0, 0, 0)
        if unwritten
        else matching.candidates_for(
            session(), found, today=danish_date(now()), limit=4 if brief else 30, search=search
        )
    )
    return render_template(
        "openings/_proposals.html" if brief else "openings/proposals.html",
        o=found,
        proposed=proposed,
        rows=[
            {"c": one, "facts": facts(one), "reasons": reasons(fit), "consent": consent_state(one, now())}
            for one, fit in proposed.rows
        ],
        brief=brief,
        unwritten=unwritten,
        changes=in_reach(found),
        q=search,
        phone=on_phone(),
    )


@pages.post("/openings/<int:opening_id>/candidacies")
@requires("openings.candidates")
@or_back
def propose(opening_id: int) -> Any:
    found = queries.opening(session(), scope(), opening_id)
    candidate = read.candidate(session(), scope(), request.form.get("candidate_id", 0, type=int))
    actions.propose(session(), actor(), now(), found, candidate)
    flash(_("%(who)s er foreslået til åbningen.", who=candidate.reference), "success")
    return to_opening(found.id)


@pages.post("/candidacies/<int:candidacy_id>/present")
@requires("openings.candidates")
@or_back
def present(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    actions.present(session(), actor(), now(), found)
    flash(_("%(who)s er præsenteret for jobbet.", who=found.candidate.reference), "success")
    return to_opening(found.opening_id)


@pages.post("/candidacies/<int:candidacy_id>/undo")
@requires("openings.candidates")
@or_back
def undo(candidacy_id: int) -> Any:
    found = read.candidacy(session(), scope(), candidacy_id)
    actions.undo(session(), actor(), now(), found)
    flash(_("Skridtet er taget tilbage. Nu: %(state)s.", state=_(CANDIDACY_STATES[found.state])), "success")
    return to_opening(found.opening_id)


def to_opening(opening_id: int) -> Any:
    return redirect(url_for("openings.show", opening_id=opening_id) + "#candidates")
