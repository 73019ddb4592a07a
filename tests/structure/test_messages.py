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


def test_a_per_cent_sign_is_doubled_where_messages_are_formatted_and_nowhere_else() -> None:
    """Templates format every message, Python only those with variables: there "95 %%" would stand so on the screen,
    and here "95 % i" would be read as a field."""
    wrong = []
    for rows in runpy.run_path(str(ROOT / "scripts" / "messages"))["messages"]().values():
        for message, where in rows.items():
            for text in message if isinstance(message, tuple) else (message,):
                formatted = "%(" in text or where.startswith("templates/")
                single = "%" in FIELD.sub("", text).replace("%%", "")
                if single if formatted else "%%" in text:
                    wrong.append(f"{where}: {text}")
    assert wrong == []
