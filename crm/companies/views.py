"""Pages: upload a register extract, see what an import did, take it back; a company's wish not to be called."""

from __future__ import annotations

import base64
from typing import Any, cast

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from crm.base.errors import Refusal
from crm.companies.actions import (
    ImportResult,
    import_register,
    lift_do_not_call,
    rejects_csv,
    set_do_not_call,
    undo_import,
)
from crm.companies.forms import DoNotCallForm, UndoForm, UploadForm
from crm.companies.models import ImportBatch
from crm.companies.queries import (
    BATCHES_PER_PAGE,
    REMARKS_PER_PAGE,
    batch,
    batches,
    remarks,
    workplace_count,
    workplace_in,
)
from crm.companies.rules import COLUMNS, REQUIRED, example_file
from crm.people.queries import names_of
from crm.web.edge import now, session
from crm.web.filters import dk_datetime, dk_number
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

pages = Blueprint("companies", __name__)

BATCH = "/register/<int:batch_id>"
WORKPLACE = "/companies/<int:workplace_id>"
MAX_INLINE = 1_500_000


def _page_number() -> int:
    return min(max(request.args.get("page", 1, type=int) or 1, 1), 100_000)


@pages.get("/register")
@requires("companies.import")
def imports() -> Any:
    return _imports(UploadForm(formdata=None))


def _imports(form: UploadForm) -> str:
    page = _page_number()
    rows, count = batches(session(), page)
    names = names_of(session(), [row.actor_id for row in rows])
    return render_template(
        "companies/imports.html",
        form=form,
        batches=rows,
        count=count,
        page=page,
        names=names,
        per_page=BATCHES_PER_PAGE,
        workplaces=workplace_count(session()),
        columns=COLUMNS,
        required=REQUIRED,
    )


@pages.post("/register")
@requires("companies.import")
def upload() -> Any:
    """``action`` is ``check`` (say what would happen, write nothing) or ``import``."""
    form = UploadForm()
    if not form.validate():
        return _imports(form), 422
    file, dry_run = form.file.data, request.form.get("action") == "check"
    try:
        result = import_register(
            session(),
            actor(),
            now(),
            file.stream,
            file.filename or "",
            dry_run=dry_run,
            industry_version=form.industry_version.data,
        )
    except Refusal as refusal:
        form.refused(refusal)
        session().rollback()
        return _imports(form), 422
    if dry_run:
        return _checked(result)
    if result.rejected:
        flash(
            _(
                "%(file)s er læst ind, men %(count)s rækker blev afvist.",
                file=result.filename,
                count=dk_number(result.rejected),
            ),
            "warning",
        )
    else:
        flash(_("%(file)s er læst ind.", file=result.filename), "success")
    return redirect(url_for("companies.show_import", batch_id=result.batch_id), 303)


def _checked(result: ImportResult) -> str:
    """The answer to a dry run: nothing is kept, so the correction file comes with the page itself."""
    correction = result.correction if result.rejected else b""
    whole = len(correction) <= MAX_INLINE and len(result.rejected_rows) == result.rejected
    link = "data:text/csv;charset=utf-8;base64," + base64.b64encode(correction).decode()
    told = [remark for remark in result.remarks if remark.kind != "note"]
    return render_template(
        "companies/checked.html",
        result=result,
        rows=[_row(remark) for remark in told[:REMARKS_PER_PAGE]],
        more=result.rejected + result.warnings > REMARKS_PER_PAGE,
        notes=_notes(result.remarks),
        correction=link if correction and whole else "",
    )


def _row(remark: Any) -> dict[str, Any]:
    """A remark as a table row, from the database or from a dry run."""
    number = remark.row_number if hasattr(remark, "row_number") else remark.row
    kind = _("Afvist") if remark.kind == "reject" else _("Advarsel")
    return {
        "cells": {
            "row": dk_number(number),
            "kind": kind,
            "column": remark.column or "–",
            "value": remark.value or _("(tom)"),
            "reason": say(remark.reason, remark.fields),
        }
    }


def _notes(told: Any) -> list[str]:
    return [f"{remark.column}: {say(remark.reason, remark.fields)}" for remark in told if remark.kind == "note"]


@pages.get(BATCH)
@requires("companies.import")
def show_import(batch_id: int) -> Any:
    found = batch(session(), batch_id)
    kind = request.args.get("kind", "reject" if found.rejected or not found.warnings else "warning")
    kind = kind if kind in ("reject", "warning") else "reject"
    page = _page_number()
    rows, count = remarks(session(), batch_id, kind, page)
    notes, _count = remarks(session(), batch_id, "note")
    return render_template(
        "companies/import.html",
        batch=found,
        kind=kind,
        rows=[_row(row) for row in rows],
        count=count,
        page=page,
        per_page=REMARKS_PER_PAGE,
        notes=_notes(notes),
        subtitle=_subtitle(found),
        form=UndoForm(),
    )


def _subtitle(found: ImportBatch) -> str:
    who = names_of(session(), [found.actor_id]).get(found.actor_id or 0)
    when = dk_datetime(found.started_at)
    text = _("Indlæst %(when)s af %(who)s", when=when, who=who) if who else _("Indlæst %(when)s", when=when)
    return str(text)


@pages.get(f"{BATCH}/rejects.csv")
@requires("companies.import")
def rejects(batch_id: int) -> Any:
    found = batch(session(), batch_id)
    return _csv(rejects_csv(session(), batch_id), f"afviste-{found.id}.csv")


@pages.get("/register/example.csv")
@requires("companies.import")
def example() -> Any:
    return _csv(example_file(), "eksempel.csv")


def _csv(body: bytes, filename: str) -> Response:
    return Response(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


@pages.post(f"{BATCH}/undo")
@requires("companies.import")
def undo(batch_id: int) -> Any:
    try:
        removed, restored = undo_import(session(), actor(), now(), batch(session(), batch_id))
    except Refusal as refusal:
        session().rollback()
        flash(say(refusal.message, refusal.fields), "error")
        return redirect(url_for("companies.show_import", batch_id=batch_id), 303)
    flash(
        _(
            "Indlæsningen er fortrudt: %(removed)s arbejdssteder er fjernet, og %(restored)s er ført tilbage.",
            removed=dk_number(removed),
            restored=dk_number(restored),
        ),
        "success",
    )
    return redirect(url_for("companies.imports"), 303)


@pages.route(f"{WORKPLACE}/do-not-call", methods=["GET", "POST"])
@requires("companies.protect")
def do_not_call(workplace_id: int) -> Any:
    """Set the company's wish, or lift it when it is set; either with a reason that is kept on the timeline."""
    found = workplace_in(session(), scope(), workplace_id)
    form = DoNotCallForm()
    lifting = found.do_not_call_at is not None
    if form.validate_on_submit():
        wanted = request.form.get("wish")
        reason = cast(str, form.reason.data)
        if wanted == "call":
            lift_do_not_call(session(), actor(), now(), found, reason)
            flash(_("%(name)s må kontaktes igen.", name=found.name), "success")
        else:
            set_do_not_call(session(), actor(), now(), found, reason)
            flash(_("%(name)s bliver ikke ringet op igen.", name=found.name), "success")
        return redirect(url_for("desk.company", workplace_id=found.id), 303)
    status = 422 if request.method == "POST" else 200
    return render_template("companies/do_not_call.html", form=form, workplace=found, lifting=lifting), status
