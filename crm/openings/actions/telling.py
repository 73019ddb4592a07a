"""The mail that tells a company of candidates: reference, occupation, hours and languages, nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.activity import Activity
from crm.base.errors import N_, Refusal
from crm.integrations.actions import send
from crm.integrations.models import OutboxMessage
from crm.integrations.render import render_mail
from crm.openings.models import Candidacy, Opening
from crm.openings.rules.languages import LANGUAGES
from crm.people.models import Jobcentre

WAITING = ("pending", "withheld", "failed")
"""States of a mail that has not left."""
NO_SUBJECT = "(Slettet)"


def tell_company(session: Session, now: datetime, opening: Opening, candidacies: Sequence[Candidacy]) -> str:
    """Write the mail to the opening's contact, the visit's where none is named; its key in the outbox.

    From the consultant who answers for the opening, who also gets the answer. Raises Refusal ``no_contact``.
    """
    to, _name = contact(opening)
    if not to:
        raise Refusal(
            "no_contact",
            N_("Åbningen har ingen mailadresse at sende til. Skriv kontaktens mail på åbningen, og send så igen."),
        )
    key = f"candidates:{opening.id}:{candidacies[0].id}:{now.isoformat()}"
    subject, text, html = mail(session, opening, candidacies)
    send(
        session,
        now,
        channel="mail",
        dedupe_key=key,
        to=to,
        text=text,
        subject=subject,
        html=html,
        workplace_id=opening.workplace_id,
        reply_to=opening.consultant.email,
    )
    return key


def mail(session: Session, opening: Opening, candidacies: Sequence[Candidacy]) -> tuple[str, str, str | None]:
    """Subject, text and HTML, as it would be sent."""
    return render_mail(
        "candidates_for_opening",
        opening=opening,
        contact_name=contact(opening)[1],
        candidates=[told(candidacy) for candidacy in candidacies],
        consultant=opening.consultant,
        jobcentre=session.get_one(Jobcentre, opening.jobcentre_id),
    )


def contact(opening: Opening) -> tuple[str, str]:
    """Mail address and name of whom the company wants told: the opening's own contact, else the visit's."""
    if opening.contact_email:
        return opening.contact_email, opening.contact_name
    if opening.contact_name:
        return "", opening.contact_name
    return opening.visit.contact_email or "", opening.visit.contact_name or ""


def told(candidacy: Candidacy) -> dict[str, object]:
    """What the company is told of one person."""
    candidate = candidacy.candidate
    return {
        "reference": candidate.reference,
        "occupation": candidate.occupation,
        "hours": f"{candidate.weekly_hours:g}".replace(".", ",") if candidate.weekly_hours else "",
        "languages": ", ".join(LANGUAGES.get(key, key).lower() for key in candidate.languages),
    }


def leave_out(session: Session, candidacy_ids: Sequence[int]) -> set[int]:
    """One person who is not to be told of any more: mails that have not left go without them, or not at all where
    they told of nobody else. Which of the candidacies are no longer sent."""
    unsent: set[int] = set()
    for key in mails(session, candidacy_ids):
        waiting = session.scalar(
            select(OutboxMessage)
            .where(OutboxMessage.dedupe_key == key, OutboxMessage.state.in_(WAITING))
            .with_for_update()
        )
        if waiting is None:
            continue
        told_of = _told_of(session, key)
        others = [one for one in told_of if one.id not in candidacy_ids]
        if others:
            waiting.subject, waiting.body_text, waiting.body_html = mail(session, others[0].opening, others)
        else:
            session.delete(waiting)
        for one in told_of:
            if one.id in candidacy_ids:
                one.sent_at = None
                unsent.add(one.id)
    session.flush()
    return unsent


def _told_of(session: Session, key: str) -> list[Candidacy]:
    """The candidacies that the mail with this key tells of."""
    opening_id = int(key.split(":")[1])
    there = {one.id: one for one in session.scalars(select(Candidacy).where(Candidacy.opening_id == opening_id))}
    found = {note.subject_id for note in _sendings(session, list(there)) if note.data.get("message") == key}
    return [there[number] for number in sorted(found)]


def mails(session: Session, candidacy_ids: Sequence[int]) -> list[str]:
    """Keys of the mails that told of these candidacies."""
    return [note.data["message"] for note in _sendings(session, candidacy_ids) if note.data.get("message")]


def _sendings(session: Session, candidacy_ids: Sequence[int]) -> Sequence[Activity]:
    return session.scalars(
        select(Activity)
        .where(
            Activity.subject_type == Candidacy.__tablename__,
            Activity.subject_id.in_(candidacy_ids),
            Activity.verb == "openings.candidacy_send",
        )
        .order_by(Activity.id)
    ).all()


def mailed(session: Session, candidacy: Candidacy) -> bool:
    """Whether the last sending of it was a mail; what has been written is on its way."""
    sendings = _sendings(session, [candidacy.id])
    return bool(sendings and sendings[-1].data.get("message"))
