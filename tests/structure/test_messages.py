"""Every Danish message has an English translation, and translations keep the fields of their message."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
FIELD = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def test_no_message_lacks_english() -> None:
    missing = runpy.run_path(str(ROOT / "scripts" / "messages"))["missing"]()
    assert [f"{room}: {where}: {message}" for room, where, message in missing] == []


@pytest.mark.parametrize("path", sorted((ROOT / "crm").glob("*/en.po")), ids=lambda path: path.parent.name)
def test_translations_keep_the_fields(path: Path) -> None:
    with path.open("rb") as source:
        catalogue = read_po(source, locale="en")
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if {f for text in texts for f in FIELD.findall(text)} - {f for text in ids for f in FIELD.findall(text)}:
            wrong.append(ids[0])
    assert wrong == []
