"""What the tests of the board share: an opening in Hobro, and a jobcentre that lies far from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from crm.openings.models import Opening
from crm.people.models import Jobcentre
from tests.conftest import NOW
from tests.factories import make_jobcentre, make_visit
from tests.factories.openings import make_opening


@pytest.fixture
def opening(db: Session) -> Opening:
    """A welder wanted in Hobro by the jobcentre there."""
    visit = make_visit(db, state="held", starts_at=NOW - timedelta(days=1), reported_at=NOW)
    made = make_opening(db, visit=visit, occupation="Smed", weekly_hours=37.0, wishes="Ring 98 52 11 22")
    assert made.workplace.name
    assert made.consultant.email  # loaded now: a later look would hold SQLite's writer
    db.commit()
    return made


@pytest.fixture
def odense(db: Session) -> Jobcentre:
    made = make_jobcentre(db, code="461", postcode="5000")
    db.commit()
    return made
