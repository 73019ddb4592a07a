"""Mail texts from templates/email: one ``.txt.j2`` (first line is the subject) and an optional ``.html.j2``."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape

from crm.base.clock import danish
from crm.base.settings import REPOSITORY, Settings
from crm.base.types import format_phone
from crm.base.words import LONG_DAYS, LONG_MONTHS

LONGEST_SUBJECT = 78
LONGEST_PREHEADER = 110
GREETINGS = ("Hej ", "Kære ")
_GAPS = re.compile(r"\n\s*\n(?:\s*\n)+")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    packaged = Path(__file__).parents[1] / "_templates"
    root = (packaged if packaged.exists() else REPOSITORY / "templates") / "email"
    env = Environment(
        loader=FileSystemLoader(root),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
    )
    env.globals["base_url"] = Settings.base_url
    env.filters.update(day=_day, clock=_clock, phone=format_phone)
    return env


def _day(moment: Any) -> str:
    """``tirsdag den 24. november 2026`` of a moment or a date."""
    local = danish(moment) if hasattr(moment, "astimezone") else moment
    return f"{LONG_DAYS[local.weekday()]} den {local.day}. {LONG_MONTHS[local.month - 1]} {local.year}"


def _clock(moment: Any) -> str:
    local = danish(moment)
    return f"{local.hour}.{local.minute:02d}"


def configure(base_url: str) -> None:
    """Set the public address that links in mails begin with; called once when the product starts."""
    _environment().globals["base_url"] = base_url.rstrip("/")


def render_mail(name: str, /, **context: Any) -> tuple[str, str, str | None]:
    """Subject, text, HTML (None where the mail has no HTML template). Danish; companies are written to in Danish."""
    env = _environment()
    first, _, text = env.get_template(f"{name}.txt.j2").render(context).partition("\n")
    subject, text = shorten(first, LONGEST_SUBJECT), _GAPS.sub("\n\n", text).strip() + "\n"
    try:
        html: str | None = env.get_template(f"{name}.html.j2").render(
            {"subject": subject, "preheader": preheader(text), **context}
        )
    except TemplateNotFound:
        html = None
    return subject, text, html


def shorten(words: str, longest: int) -> str:
    """One line of at most ``longest`` characters, cut between words where it can be."""
    line = " ".join(words.split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut).rstrip(" ,.:;–-") + "…"


def preheader(text: str) -> str:
    """What mail programs show beside the subject: the first sentence after the greeting."""
    paragraphs = [part for part in text.split("\n\n") if part.strip() and not part.startswith(GREETINGS)]
    return shorten(paragraphs[0], LONGEST_PREHEADER) if paragraphs else ""
