"""The campaign's script: a step for each part of the call, with a preview."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from wtforms import Form

from crm.base.errors import Invalid
from crm.campaigns.actions import save_script
from crm.campaigns.queries import campaign as load
from crm.campaigns.rules import DEFAULT_SCRIPT, SCRIPT_FIELDS, SCRIPT_STEPS, fill_script
from crm.campaigns.views.blueprint import pages
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

SAMPLE = {"phoner": "Sofie Testesen", "contact": "Mette Prøvesen", "company": "Eksempel Blik & Rør ApS",
          "jobcentre": "Jobcenter Mariagerfjord"}  # fmt: skip


@pages.route("/campaigns/<int:campaign_id>/script", methods=["GET", "POST"])
@requires("campaigns.manage")
def script(campaign_id: int) -> Any:
    """Saves, or (with ``do=preview``) only shows how the typed steps will read."""
    found = load(session(), scope(), campaign_id)
    steps = _typed() if request.method == "POST" else list(found.script) or DEFAULT_SCRIPT
    errors: dict[str, str] = {}
    if request.method == "POST" and request.form.get("do") != "preview":
        try:
            save_script(session(), actor(), now(), found, steps)
        except Invalid as refusal:
            errors = {name: say(text) for name, text in refusal.errors.items()}
        else:
            flash(_("Manuskriptet er gemt. Det vises fra næste opkald."), "success")
            return redirect(url_for("campaigns.script", campaign_id=found.id))
    rows = [*steps, *({"title": "", "text": ""} for _n in range(SCRIPT_STEPS - len(steps)))]
    shown = [step for step in steps if step["text"].strip() or step["title"].strip()]
    page = render_template("campaigns/script.html", campaign=found, rows=rows, errors=errors, fields=SCRIPT_FIELDS,
                           used=len(shown), preview=fill_script(shown, SAMPLE), form=Form())  # fmt: skip
    return page, 422 if errors else 200


def _typed() -> list[dict[str, str]]:
    return [{"title": request.form.get(f"title-{n}", "")[:120], "text": request.form.get(f"text-{n}", "")[:4000]}
            for n in range(SCRIPT_STEPS)]  # fmt: skip
