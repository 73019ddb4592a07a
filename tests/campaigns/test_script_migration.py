"""Scripts kept with the campaign become versions, and stand with the campaign again after going back."""

from __future__ import annotations

import json

import sqlalchemy as sa

from crm.base import schema
from tests.structure.test_migrations import empty as empty

OLD = [{"title": "Indledning", "text": "Goddag, {contact}."}, {"title": "Farvel", "text": "Tak."}]


def test_a_campaigns_script_is_version_one_and_comes_back(empty: sa.Engine) -> None:
    schema.upgrade(empty, "0001")
    insert = sa.text(
        "INSERT INTO campaigns (id, name, starts_on, ends_on, state, calls_from, calls_to, calls_any_day, max_attempts,"
        " visit_minutes, margin_minutes, horizon_days, notice_hours, script, information_text, created_at) VALUES"
        " (:id, :name, '2026-01-01', '2026-12-31', 'open', 480, 1020, false, 6, 60, 5, 21, 24, :script, '',"
        " '2026-01-01 08:00:00')"
    )
    with empty.begin() as connection:
        connection.execute(insert, {"id": 1, "name": "Med", "script": json.dumps(OLD)})
        connection.execute(insert, {"id": 2, "name": "Uden", "script": "[]"})
    schema.upgrade(empty)
    with empty.connect() as connection:
        rows = connection.execute(
            sa.text("SELECT campaign_id, jobcentre_id, version, steps, published_at FROM scripts")
        )
        [(campaign_id, jobcentre_id, version, steps, published_at)] = rows.all()
    steps = json.loads(steps) if isinstance(steps, str) else steps
    assert (campaign_id, jobcentre_id, version) == (1, None, 1)
    assert published_at is not None
    assert steps == [{"key": f"trin-{n}", "answers": [], **step} for n, step in enumerate(OLD, 1)]
    schema.downgrade(empty, "0001")
    with empty.connect() as connection:
        kept = dict(connection.execute(sa.text("SELECT id, script FROM campaigns")).all())
    assert {key: json.loads(value) if isinstance(value, str) else value for key, value in kept.items()} == {
        1: OLD,
        2: [],
    }
    schema.upgrade(empty)
