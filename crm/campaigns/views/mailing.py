"""One batch of letters: its rows, its addresses as files, another day or none, and what came back."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.base.clock import danish_date
from crm.base.errors import Invalid, Refusal
from crm.campaigns.actions import (
    cancel_letters,
    export_letters,
    mark_returned,
    move_letters,
    undo_returned,
)
from crm.campaigns.forms import MoveLettersForm, ReturnedForm
from crm.campaigns.models import LetterBatch
from crm.campaigns.queries import (
    LETTER_VIEWS,
    LETTERS_PAGE,
    BatchCount,
    batch_counts,
    exports_of,
    left_out_counts,
    letter_rows,
    numbers_of,
    returned_counts,
)
from crm.campaigns.queries import letter_batch as load
from crm.campaigns.rules import (
    ADDRESS_COLUMNS,
    LETTER_LEFT_OUT,
    RETURN_REASONS,
    XLSX,
    Returned,
    addresses_csv,
    addresses_xlsx,
    in_order,
    read_file,
    read_numbers,
)
from crm.campaigns.views.blueprint import pages
from crm.campaigns.views.letters import opens, page_number
from crm.people.queries import names_of
from crm.web.edge import now, session
from crm.web.filters import dk_date
from crm.web.i18n import say
from crm.web.permit import actor, requires, scope

BATCH = "/letters/<int:batch_id>"
KINDS = ("csv", "xlsx")


@pages.get(BATCH)
@requires("campaigns.mail")
def letter_batch(batch_id: int) -> Any:
    return _page(load(session(), scope(), batch_id))


def _page(found: LetterBatch, move: MoveLettersForm | None = None, back: ReturnedForm | None = None) -> str:
    view = request.args.get("view", "letters")
    view = view if view in LETTER_VIEWS else "letters"
    search = request.args.get("q", "").strip()[:100]
    number = page_number()
    rows, total = letter_rows(session(), found, view, search, number)
    today = danish_date(now())
    place = found.call_list.participation
    return render_template(
        "campaigns/letter_batch.html",
        batch=found,
        campaign=place.campaign,
        jobcentre=place.jobcentre,
        view=view,
        search=search,
        rows=rows,
        total=total,
        page=number,
        per_page=LETTERS_PAGE,
        sums=batch_counts(session(), [found.id]).get(found.id, BatchCount()),
        left_out=in_order(left_out_counts(session(), found)),
        returned=returned_counts(session(), found),
        reasons=LETTER_LEFT_OUT,
        return_reasons=RETURN_REASONS,
        coming=found.mailed_on > today,
        out=found.mailed_on <= today,
        opens=opens(found),
        today=today,
        exports=exports_of(session(), found),
        names=names_of(session(), [found.created_by]),
        move=move or MoveLettersForm(formdata=None, data={"mailed_on": found.mailed_on}),
        back=back or ReturnedForm(formdata=None),
    )


def _here(found: LetterBatch, **query: Any) -> Any:
    return redirect(url_for("campaigns.letter_batch", batch_id=found.id, **query), 303)


@pages.post(f"{BATCH}/move")
@requires("campaigns.mail")
def move_batch(batch_id: int) -> Any:
    found = load(session(), scope(), batch_id)
    form = MoveLettersForm()
    if form.validate() and form.mailed_on.data:
        try:
            move_letters(session(), actor(), now(), found, form.mailed_on.data)
        except Invalid as refusal:
            session().rollback()
            form.refused(refusal)
        except Refusal as refusal:
            return _refused(refusal, found)
        else:
            flash(_("Forsendelsen er flyttet til %(day)s. Opkaldene flytter med.", day=dk_date(found.mailed_on)),
                  "success")  # fmt: skip
            return _here(found)
    return _page(found, move=form), 422


def _refused(refusal: Refusal, found: LetterBatch) -> Any:
    session().rollback()
    flash(say(refusal.message, refusal.fields), "error")
    return _here(found)


@pages.post(f"{BATCH}/cancel")
@requires("campaigns.mail")
def cancel_batch(batch_id: int) -> Any:
    found = load(session(), scope(), batch_id)
    campaign_id, name = found.call_list.participation.campaign_id, found.name
    try:
        cancel_letters(session(), actor(), now(), found)
    except Refusal as refusal:
        return _refused(refusal, found)
    flash(_("%(name)s er aflyst. Virksomhederne står uden brev igen og kan ringes op.", name=name), "success")
    return redirect(url_for("campaigns.letters", campaign_id=campaign_id), 303)


@pages.post(f"{BATCH}/addresses")
@requires("campaigns.mail")
def export_batch(batch_id: int) -> Any:
    """A POST, because it notes who fetched what and takes out those who may not have mail any more."""
    found = load(session(), scope(), batch_id)
    kind = request.form.get("kind", "csv")
    kind = kind if kind in KINDS else "csv"
    try:
        rows = export_letters(session(), actor(), now(), found, kind)
    except Refusal as refusal:
        return _refused(refusal, found)
    head = [_(label) for label in ADDRESS_COLUMNS]
    tail = (found.call_list.participation.jobcentre.name, found.name, dk_date(found.mailed_on))
    lines = ((row.name, row.contact, row.street, row.postcode, row.city, row.cvr_number, row.p_number, *tail)
             for row in rows)  # fmt: skip
    body = addresses_csv(head, lines) if kind == "csv" else addresses_xlsx(head, lines, _("Adresser"))
    name = f"breve-{found.mailed_on.isoformat()}-{found.id}.{kind}"
    return Response(
        body,
        content_type="text/csv; charset=utf-8" if kind == "csv" else XLSX,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@pages.post(f"{BATCH}/returned")
@requires("campaigns.mail")
def mark_batch_returned(batch_id: int) -> Any:
    """Numbers typed or scanned, a file of them, or the rows ticked (``entry``); all of them or none."""
    found = load(session(), scope(), batch_id)
    form = ReturnedForm()
    if not form.validate():
        return _page(found, back=form), 422
    given = _given(found, form)
    try:
        marked, before = mark_returned(session(), actor(), now(), found, given.numbers, form.because.data, given.unread)
    except Invalid as refusal:
        session().rollback()
        form.refused(refusal)
        return _page(found, back=form), 422
    except Refusal as refusal:
        return _refused(refusal, found)
    text = ngettext("%(num)s brev er markeret som returneret.", "%(num)s breve er markeret som returneret.", marked)
    if before:
        text += " " + ngettext("%(num)s var det i forvejen.", "%(num)s var det i forvejen.", before)
    flash(text, "success")
    return _here(found, view="returned")


def _given(found: LetterBatch, form: ReturnedForm) -> Returned:
    """Everything that was given: ticked, typed, loaded."""
    typed = read_numbers(form.numbers.data or "")
    upload = request.files.get("file")
    data = upload.read() if upload and upload.filename else b""
    if upload and data.startswith(b"PK\x03\x04"):
        listed = Returned(unread=[_("%(file)s (gem den som CSV)", file=upload.filename)])
    else:
        listed = read_file(data)
    ticked = [n for n in request.form.getlist("entry", type=int)[: 2 * LETTERS_PAGE] if 0 < n < 2**53]
    rows = dict.fromkeys(numbers_of(session(), found, ticked)) if ticked else {}
    return Returned({**rows, **typed.numbers, **listed.numbers}, [*typed.unread, *listed.unread])


@pages.post(f"{BATCH}/returned/<int:entry_id>/undo")
@requires("campaigns.mail")
def undo_batch_returned(batch_id: int, entry_id: int) -> Any:
    found = load(session(), scope(), batch_id)
    try:
        workplace = undo_returned(session(), actor(), now(), found, entry_id)
    except Refusal as refusal:
        return _refused(refusal, found)
    flash(_("%(name)s er ikke længere markeret.", name=workplace.name), "success")
    return _here(found, view=request.args.get("view"))
