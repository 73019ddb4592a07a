"""Danish is the source language; English comes from each room's ``en.po``, read at start, no compiled files."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask import session as cookie
from flask_babel import Babel, Domain, get_locale, gettext

from crm.base.clock import danish
from crm.base.words import MONTHS

LOCALES = ("da", "en")
ROOMS = Path(__file__).resolve().parents[1]


@lru_cache(maxsize=4)
def catalogue(language: str) -> NullTranslations:
    """All rooms' messages of one language; Danish needs none, its msgids are the text."""
    merged: Any = NullTranslations()
    if language == "da":
        return NullTranslations()
    for path in sorted(ROOMS.glob(f"*/{language}.po")):
        with path.open("rb") as source:
            messages = read_po(source, locale=language)
        compiled = BytesIO()
        write_mo(compiled, messages)
        compiled.seek(0)
        room = Translations(compiled)
        if type(merged) is NullTranslations:
            merged = room
        else:  # Translations.merge keeps the first catalogue's plural rule, which is the language's anyway
            merged.merge(room)
    found: NullTranslations = merged
    return found


class PoDomain(Domain):  # type: ignore[misc]
    """Flask-Babel's domain, fed from ``catalogue`` instead of compiled files."""

    def get_translations(self) -> NullTranslations:
        locale = get_locale()
        return catalogue(str(locale.language) if locale else "da")

    def get_translations_cache(self) -> dict[str, Any]:
        return {}


class RoomsBabel(Babel):  # type: ignore[misc]
    """Flask-Babel asks its own object for the domain; this one answers with ours."""

    @property
    def domain_instance(self) -> PoDomain:
        return PoDomain()


def chosen_locale() -> str:
    """The cookie's choice, else the user's, else Danish. The browser's list is not asked: the product is Danish."""
    if not has_request_context():
        return "da"
    chosen = cookie.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    if request.path.startswith("/api/"):
        return request.accept_languages.best_match(LOCALES, "da") or "da"
    return "da"


def install(app: Flask) -> None:
    babel = RoomsBabel()
    babel.init_app(app, default_locale="da", default_timezone="Europe/Copenhagen", locale_selector=chosen_locale)
    app.jinja_env.globals["get_locale"] = locale_code


def say(message: str, fields: dict[str, Any] | None = None) -> str:
    """Translate a marked message and fill its ``{name}`` fields, moments in the reader's words."""
    text = gettext(message) if has_request_context() else message
    return re.sub(r"\{(\w+)\}", lambda m: _plain((fields or {}).get(m[1], m[0])), text)


def _plain(value: Any) -> str:
    """``24. nov. kl. 10.00``, ``24 Nov at 10.00`` in English, of a moment; anything else as it is."""
    if not isinstance(value, datetime):
        return str(value)
    local = danish(value)
    month, time = MONTHS[local.month - 1], f"{local.hour}.{local.minute:02d}"
    if not has_request_context():
        return f"{local.day}. {month} kl. {time}"
    return str(gettext("%(day)d. %(month)s kl. %(time)s", day=local.day, month=gettext(month), time=time))


def locale_code() -> str:
    """``da`` or ``en``, for the html element and for Babel calls."""
    return str((get_locale() or Locale("da")).language)
