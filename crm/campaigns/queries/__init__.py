"""Reads of campaigns: campaigns and participations, segments with their counts, lists and their entries."""

from __future__ import annotations

from crm.campaigns.queries.campaigns import (
    campaign,
    campaigns,
    extracts,
    latest_batches,
    overview,
    participation,
    participation_counts,
    participations,
    saved_segments,
)
from crm.campaigns.queries.lists import (
    PAGE,
    call_list,
    checks,
    entries,
    entry_reasons,
    frozen_workplaces,
    list_counts,
    list_sums,
    lists_of,
    waiting_for_basis,
)
from crm.campaigns.queries.segment import candidates, last_contacts, segment_count

__all__ = [
    "PAGE", "call_list", "campaign", "campaigns", "candidates", "checks", "entries", "entry_reasons", "extracts",
    "frozen_workplaces", "last_contacts", "latest_batches", "list_counts", "list_sums", "lists_of", "overview",
    "participation", "participation_counts", "participations", "saved_segments", "segment_count",
    "waiting_for_basis",
]  # fmt: skip
