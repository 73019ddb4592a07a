"""Mail texts from templates/email: one ``.txt.j2`` (first line is the subject) and an optional ``.html.j2``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, select_autoescape

from crm.base.clock import danish
from crm.base.settings import REPOSITORY, Settings
from crm.base.types import format_phone
from crm.base.words import LONG_DAYS, LONG_MONTHS


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


def render_mail(name: str, **context: Any) -> tuple[str, str, str | None]:
    """Subject, text, HTML (None where the mail has no HTML template). Danish; companies are written to in Danish."""
    env = _environment()
    subject, _, text = env.get_template(f"{name}.txt.j2").render(context).partition("\n")
    try:
        html: str | None = env.get_template(f"{name}.html.j2").render(subject=subject.strip(), **context)
    except TemplateNotFound:
        html = None
    return subject.strip(), text.strip() + "\n", html
