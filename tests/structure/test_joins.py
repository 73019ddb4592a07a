"""What always exists is joined as such: SQLite reads the whole other table first for an outer join around joins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy.orm import RelationshipProperty

from crm.base.db import Base
from crm.base.models import load_all

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("desk", "followups", "openings", "reports")
OUTER = re.compile(r"joinedload\((\w+)\.(\w+)\)")
load_all()
MODELS = {mapper.class_.__name__: mapper for mapper in Base.registry.mappers}


def needless(source: str) -> list[str]:
    """Relations loaded by an outer join though their key is never empty."""
    found = []
    for model, name in OUTER.findall(source):
        relation = MODELS[model].relationships[name]
        if _always(relation):
            found.append(f"{model}.{name}")
    return found


def _always(relation: RelationshipProperty[object]) -> bool:
    return not relation.uselist and not any(column.nullable for column in relation.local_columns)


def test_the_checker_knows_one_from_the_other() -> None:
    assert needless("joinedload(FollowUp.visit)") == ["FollowUp.visit"]
    assert needless("joinedload(FollowUp.visit, innerjoin=True), joinedload(FollowUp.opening)") == []


@pytest.mark.parametrize("room", ROOMS)
def test_what_always_exists_is_joined_as_such(room: str) -> None:
    found = {path.name: needless(path.read_text(encoding="utf-8")) for path in (ROOT / "crm" / room).rglob("*.py")}
    assert {name: them for name, them in found.items() if them} == {}
