"""The script editor: drafts, publishing, versions and what changed between them."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Invalid, NotFound, Refusal
from crm.campaigns.actions import (
    discard_script,
    publish_script,
    restore_script,
    save_script,
    script_stamp,
    use_common_script,
)
from crm.campaigns.queries import campaign as load
from crm.campaigns.queries import latest_script, script_version, script_versions
from crm.campaigns.rules import clean_steps, compare, edit_script, typed_steps
from crm.campaigns.views.blueprint import pages
from crm.campaigns.views.script_page import Editor, open_editor, outcome_labels, page
from crm.web.edge import now, session
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope


@pages.route("/campaigns/<int:campaign_id>/script", methods=["GET", "POST"])
@requires("campaigns.script")
def script(campaign_id: int) -> Any:
    """``do``: save, publish, preview or a command of ``rules.edit_script``; ``walk``: a click in the preview. Nothing
    is saved but by the first two."""
    found = load(session(), scope(), campaign_id)
    editor = open_editor(found)
    if editor is None:
        return _own_centre(campaign_id)
    if request.method == "GET":
        return render_template("campaigns/script.html", **page(editor))
    _fill_in(editor)
    do = request.form.get("do", "preview")
    if "walk" in request.form:
        editor.walked = request.form["walk"][:150]
    elif do in ("save", "publish"):
        return _save(editor, do)
    elif do != "preview":
        editor.steps, editor.focus = edit_script(editor.steps, do)
    elif request.headers.get("HX-Target") == "script-preview":
        return render_template("campaigns/_script_preview.html", **page(editor))
    part = "_script_editor" if request.headers.get("HX-Request") else "script"
    return render_template(f"campaigns/{part}.html", **page(editor))


def _own_centre(campaign_id: int) -> Any:
    """A lead who names no jobcentre comes to the own one."""
    for jobcentre_id in sorted(scope().jobcentres):
        target = url_for("campaigns.script", campaign_id=campaign_id, jobcentre=jobcentre_id)
        if request.method == "GET":
            return redirect(target)
    raise NotFound


def _fill_in(editor: Editor) -> None:
    """What was typed, in place of what is saved."""
    editor.steps = typed_steps(request.form)
    editor.note = request.form.get("note", "")[:400]
    editor.walked = request.form.get("walked", "")[:150]
    editor.base = request.form.get("base", "")[:60]


def _save(editor: Editor, do: str) -> Any:
    given: dict[str, Any] = {"jobcentre_id": editor.jobcentre_id, "note": editor.note, "base": editor.base}
    try:
        if do == "publish":
            given["outcomes"] = outcome_labels(editor.campaign.id)
            made = publish_script(session(), actor(), now(), editor.campaign, editor.steps, **given)
            flash(_("Version %(number)d er udgivet. Den vises fra næste virksomhed.", number=made.version), "success")
        else:
            save_script(session(), actor(), now(), editor.campaign, editor.steps, **given)
            flash(_("Kladden er gemt. Phonerne ser den først, når den udgives."), "success")
    except Invalid as refusal:
        editor.errors, editor.message = dict(refusal.errors), say(refusal.message)
        return render_template("campaigns/script.html", **page(editor)), 422
    except Refusal as refusal:
        return _conflict(editor, refusal)
    return redirect(editor.url)


def _conflict(editor: Editor, refusal: Refusal) -> Any:
    """Somebody saved meanwhile: what was typed stays, theirs is shown beside it, and saving again replaces it."""
    versions = script_versions(session(), editor.campaign.id, editor.jobcentre_id)
    editor.message = say(refusal.message)
    editor.latest = latest_script(session(), editor.campaign.id, editor.jobcentre_id)
    editor.base = script_stamp(editor.latest)
    editor.theirs = versions[0] if versions else None
    editor.changes = compare(clean_steps(editor.latest.steps if editor.latest else []), editor.steps)
    return render_template("campaigns/script.html", **page(editor)), refusal.status


@pages.get("/campaigns/<int:campaign_id>/script/versions/<int:script_id>")
@requires("campaigns.script")
def script_version_page(campaign_id: int, script_id: int) -> Any:
    """A version, and what changed in it since the one named by ``with`` (the one before, when none is named)."""
    found = load(session(), scope(), campaign_id)
    version = script_version(session(), scope(), campaign_id, script_id)
    versions = script_versions(session(), campaign_id, version.jobcentre_id)
    asked = request.args.get("with", "")
    others = [one for one in versions if one.script.id != version.id]
    before = next((one for one in others if one.script.version < version.version), None)
    other = next((one for one in others if str(one.script.id) == asked), before)
    old = clean_steps(other.script.steps) if other else []
    return render_template(
        "campaigns/script_version.html",
        campaign=found,
        shown=next(one for one in versions if one.script.id == version.id),
        others=others,
        other=other,
        changes=compare(old, clean_steps(version.steps)),
        editable=scope().everything or version.jobcentre_id is not None,
        back=url_for("campaigns.script", campaign_id=campaign_id, jobcentre=version.jobcentre_id),
        outcomes=outcome_labels(campaign_id),
    )


@pages.post("/campaigns/<int:campaign_id>/script/versions/<int:script_id>/restore")
@requires("campaigns.script")
def restore_version(campaign_id: int, script_id: int) -> Any:
    """An older version becomes a new draft."""
    load(session(), scope(), campaign_id)
    version = _editable(campaign_id, script_id)
    note = _("Som version %(number)d", number=version.version)
    made = restore_script(session(), actor(), now(), version, note=note)
    flash(_("Version %(number)d er kopieret til en ny kladde. Udgiv den, når den er klar.", number=version.version))
    return redirect(url_for("campaigns.script", campaign_id=campaign_id, jobcentre=made.jobcentre_id))


@pages.post("/campaigns/<int:campaign_id>/script/versions/<int:script_id>/discard")
@requires("campaigns.script")
def discard_version(campaign_id: int, script_id: int) -> Any:
    """Throw a draft away."""
    load(session(), scope(), campaign_id)
    draft = _editable(campaign_id, script_id)
    discard_script(session(), actor(), now(), draft)
    flash(_("Kladden er kasseret. Det, phonerne ser, er ikke ændret."))
    return redirect(url_for("campaigns.script", campaign_id=campaign_id, jobcentre=draft.jobcentre_id))


def _editable(campaign_id: int, script_id: int) -> Any:
    """Raises NotFound for the common script when only a jobcentre's may be edited."""
    found = script_version(session(), scope(), campaign_id, script_id)
    if found.jobcentre_id is None and not scope().everything:
        raise NotFound
    return found


@pages.post("/campaigns/<int:campaign_id>/script/common")
@requires("campaigns.script")
def follow_common(campaign_id: int) -> Any:
    """The jobcentre ``?jobcentre=`` follows the campaign's script again."""
    editor = open_editor(load(session(), scope(), campaign_id))
    if editor is None or editor.jobcentre is None:
        raise NotFound
    note = _("Tilbage til det fælles manuskript")
    use_common_script(session(), actor(), now(), editor.campaign, editor.jobcentre.id, note=note)
    flash(_("%(name)s følger det fælles manuskript fra næste virksomhed.", name=editor.jobcentre.name), "success")
    return redirect(editor.url)
