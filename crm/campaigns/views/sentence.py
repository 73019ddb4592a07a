"""Conditions in words, as they stand in the sentence, and as an address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.campaigns.rules import Filters
from crm.companies.rules import SECTIONS
from crm.web.filters import dk_number


def condition_texts(filters: Filters) -> dict[str, str]:
    """condition -> words, also for conditions that are not set (``alle brancher``)."""
    return {
        "industries": _industries(filters),
        "size": _size(filters),
        "contact": _contact(filters),
        "postcodes": _postcodes(filters),
        "sample": _("et tilfældigt udsnit på %(count)s", count=dk_number(filters.sample))
        if filters.sample
        else _("alle"),
    }


def _industries(filters: Filters) -> str:
    labels = [_(SECTIONS[key].label).lower() for key in filters.industries if key in SECTIONS]
    if not labels:
        return str(_("alle brancher"))
    if len(labels) > 3:
        return str(_("%(first)s og %(count)d andre brancher", first=", ".join(labels[:2]), count=len(labels) - 2))
    return ", ".join(labels)


def _size(filters: Filters) -> str:
    low, high = filters.min_employees, filters.max_employees
    if low is not None and high is not None:
        return str(_("%(low)s–%(high)s ansatte", low=dk_number(low), high=dk_number(high)))
    if low is not None:
        return str(ngettext("mindst %(num)s ansat", "mindst %(num)s ansatte", low))
    if high is not None:
        return str(ngettext("højst %(num)s ansat", "højst %(num)s ansatte", high))
    return str(_("alle størrelser"))


def _contact(filters: Filters) -> str:
    months, parts = filters.not_contacted_months, []
    if months:
        parts.append(ngettext("ikke kontaktet i %(num)s md.", "ikke kontaktet i %(num)s mdr.", months))
    if filters.exclude_partners:
        parts.append(_("ikke partner"))
    return ", ".join(parts) or str(_("uanset tidligere kontakt"))


def _postcodes(filters: Filters) -> str:
    codes = filters.postcodes
    if not codes:
        return str(_("alle postnumre"))
    if len(codes) > 4:
        return str(_("postnr. %(first)s og %(count)d til", first=", ".join(codes[:3]), count=len(codes) - 3))
    return str(_("postnr. %(codes)s", codes=", ".join(codes)))


def segment_query(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Stored conditions as fields of the segment form's address."""
    filters = Filters.from_json(saved)
    fields = {**filters.to_json(), "postcodes": ", ".join(filters.postcodes), "exclude_partners":
              "y" if filters.exclude_partners else None}  # fmt: skip
    return {name: value for name, value in fields.items() if value not in (None, "", [])}
