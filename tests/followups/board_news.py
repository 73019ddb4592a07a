"""What the tests of the board's news in the morning's mail share."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm.openings.models import Candidacy, Opening
from crm.people.models import Jobcentre, User
from tests.factories import make_jobcentre, make_user
from tests.factories.openings import make_opening
from tests.factories.sharing import make_board_candidate, make_offer, make_partner
from tests.followups.telling import digests

LATER = timedelta(minutes=20)
"""Of the second run of a morning."""


def wanted(session: Session, **fields: Any) -> Opening:
    """An opening of a jobcentre without a lead."""
    return make_opening(session, **{"occupation": "Smed", **fields})


def neighbour(session: Session, code: str = "461") -> tuple[Jobcentre, User]:
    """Another jobcentre and its lead."""
    place = make_jobcentre(session, code=code)
    return place, make_user(session, "jobcentre_lead", jobcentre=place)


def proposed(session: Session, opening: Opening, reference: str = "K-1", **fields: Any) -> Candidacy:
    return make_offer(
        session,
        opening,
        make_board_candidate(session, make_partner(session, f"Fond {reference.replace('-', '')}"), reference),
        **fields,
    )


def mentions(session: Session, user: User) -> Counter[str]:
    """How often the person's mails tell of each shared opening and each reference."""
    texts = [mail.body_text for mail in digests(session, user)]
    return Counter(one for text in texts for one in re.findall(r"/board/\d+|\b[A-Z]-\d+\b", text))
