"""Priority groups of lists."""

from __future__ import annotations

from crm.base.errors import N_

PRIORITIES: dict[int, str] = {0: N_("Først"), 1: N_("Som normalt"), 2: N_("Til sidst")}
