"""The morning's mail of the board: what is newly shared, which proposals wait, what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.base.clock import danish_date
from crm.base.db import lock_name
from crm.integrations.actions import send
from crm.integrations.models import OutboxMessage
from crm.integrations.render import render_mail
from crm.openings.models import Candidacy, Opening
from crm.openings.queries.digests import News, groups, partner_news, staff_news
from crm.openings.queries.partner import jobcentre_names
from crm.openings.rules import board_link
from crm.openings.rules.board import STANDINGS, card, standing
from crm.openings.rules.types import SHORT
from crm.people.models import Partner

MOST = 20
"""So many lines of a kind stand in a mail; the board has the others."""


def write_digests(session: Session, now: datetime, item: str) -> int:
    """The mails of one receiver of ``receivers_with_news``, and the note that they were told; how many mails.

    Who was told this morning already waits for the next one, with everything that is new by then.
    """
    kind, _, number = item.partition(":")
    lock_name(session, f"board-digest {item}")
    if kind == "partner":
        return _tell_partner(session, now, int(number))
    return _tell_staff(session, now, groups(session).get(int(number), frozenset({int(number)})))


def _tell_partner(session: Session, now: datetime, partner_id: int) -> int:
    partner = session.get(Partner, partner_id)
    if partner is None or not partner.active or not partner.digest:
        return 0
    key, news = f"board:p{partner.id}:{danish_date(now).isoformat()}", partner_news(session, partner)
    if not news or _told(session, [key]):
        return 0
    link = board_link.url(partner.id, partner.link_key, now)
    _write(
        session,
        now,
        key,
        partner.email,
        partner.contact_name or partner.name,
        news,
        link,
        days=board_link.GOOD_FOR.days,
    )
    _mark(now, [news])
    session.flush()
    return 1


def _tell_staff(session: Session, now: datetime, places: frozenset[int]) -> int:
    today = danish_date(now)
    found = staff_news(session, places, today)
    keys = {person: f"board:u{person.id}:{today.isoformat()}" for person in found}
    if _told(session, keys.values()):
        return 0
    for person, news in found.items():
        _write(session, now, keys[person], person.email, person.name, news, None)
    _mark(now, found.values())
    session.flush()
    return len(found)


def _told(session: Session, keys: Iterable[str]) -> bool:
    wanted = select(OutboxMessage.id).where(OutboxMessage.dedupe_key.in_(list(keys))).limit(1)
    return session.scalar(wanted) is not None


def _mark(now: datetime, told: Iterable[News]) -> None:
    for news in told:
        for share in news.shares:
            share.told_at = now
        for candidacy in (*news.offers, *news.answers):
            candidacy.told_at = now


def _write(
    session: Session, now: datetime, key: str, to: str, name: str, news: News, link: str | None, *, days: int = 0
) -> None:
    openings = [share.opening for share in news.shares]
    names = jobcentre_names(session, [one.jobcentre_id for one in (*openings, *_openings(news))])
    subject, text, html = render_mail(
        "board_digest",
        greeted=name,
        partner=link is not None,
        link=link,
        days=days,
        cards=[card(one, names[one.jobcentre_id]) for one in openings[:MOST]],
        offers=[_line(one.candidate.reference, one.opening, names) | {"by": _home(one)} for one in news.offers[:MOST]],
        answers=[
            _line(one.candidate.reference, one.opening, names)
            | {
                "standing": STANDINGS[standing(one.state, one.ended_because, answered=one.answered_at is not None)][1],
                "words": one.answered_words,
            }
            for one in news.answers[:MOST]
        ],
        counts=(len(news.shares), len(news.offers), len(news.answers)),
        types=SHORT,
    )
    send(session, now, channel="mail", dedupe_key=key, to=to, text=text, subject=subject, html=html)


def _openings(news: News) -> Sequence[Opening]:
    return [one.opening for one in (*news.offers, *news.answers)]


def _line(reference: str, opening: Opening, names: dict[int, str]) -> dict[str, str | int]:
    return {
        "reference": reference,
        "opening_id": opening.id,
        "occupation": card(opening, names[opening.jobcentre_id]).occupation or SHORT[opening.type],
        "town": opening.workplace.city,
        "jobcentre": names[opening.jobcentre_id],
    }


def _home(candidacy: Candidacy) -> str:
    home = candidacy.candidate.partner or candidacy.candidate.jobcentre
    return home.name if home else ""
