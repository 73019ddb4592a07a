"""Search: the page, and the list that Ctrl+K shows."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from crm.desk.queries import search as queries
from crm.desk.rules import navigation
from crm.desk.views.base import on_phone, pages, today
from crm.openings.rules import STATES
from crm.people.queries import municipalities
from crm.web.edge import now, session
from crm.web.permit import may, requires, scope, scope_for

QUICK = 8


def asked() -> str:
    """What is searched for, without what no name holds."""
    return " ".join(request.args.get("q", "").replace("\0", " ").split())[:100]


def commands(text: str) -> list[dict[str, str]]:
    """Pages and acts the reader may use, those whose words begin with or hold the text."""
    found = [(item.label, url_for(item.endpoint)) for item in navigation(may, consultant_only=on_phone())]
    named = [(_(label), url) for label, url in found]
    extra = (
        ("campaigns.manage", _("Ny kampagne"), "campaigns.create"),
        ("companies.import", _("Indlæs register"), "companies.imports"),
        ("people.manage", _("Ny bruger"), "people.users_new"),
    )
    named += [(label, url_for(endpoint)) for verb, label, endpoint in extra if may(verb)]
    wanted = text.casefold()
    return [{"label": label, "url": url} for label, url in named if wanted in label.casefold()]


def hits(text: str, limit: int) -> list[dict[str, str]]:
    """Candidates by reference and openings by occupation, for who may see them."""
    found = []
    if len(text) >= 2 and may("openings.candidates"):
        for one in queries.candidates(session(), scope_for("openings.candidates"), text, now(), limit):
            url = url_for("openings.candidate", candidate_id=one.id)
            found.append({"label": one.reference, "url": url, "detail": f"{_('Kandidat')} · {one.occupation}"})
    if len(text) >= 2 and may("openings.read"):
        for opening in queries.openings(session(), scope_for("openings.read"), text, limit):
            url = url_for("openings.show", opening_id=opening.id)
            kind = (
                _("Åbning")
                if opening.state == "open"
                else _("Åbning, %(state)s", state=_(STATES[opening.state]).lower())
            )
            label = opening.occupation or _("Uden stilling")
            found.append({"label": label, "url": url, "detail": f"{kind} · {opening.workplace.name}"})
    return found


@pages.get("/search")
@requires("desk.search")
def search() -> Any:
    """At most 50 hits; more are told of, so that the text is made narrower."""
    text = asked()
    found = queries.search(session(), scope_for("companies.read"), text, today(), limit=51) if len(text) >= 2 else []
    names = {one.code: one.name for one in municipalities(session())} if found else {}
    return render_template(
        "desk/search.html",
        text=text,
        found=found[:50],
        hits=hits(text, 10),
        more=len(found) > 50,
        names=names,
        phone=on_phone(),
        commands=commands(text) if text else [],
    )


@pages.get("/search/quick")
@requires("desk.search")
def quick() -> Any:
    """A list of options for the palette."""
    text = asked()
    reach = scope_for("companies.read") if not scope().empty else scope()
    found = queries.search(session(), reach, text, today(), limit=QUICK) if len(text) >= 2 else []
    return render_template(
        "desk/_quick.html", text=text, found=found, hits=hits(text, 4), commands=commands(text)[: 6 if found else 12]
    )
