"""Reads of campaigns: campaigns and participations, segments with their counts, lists and their entries."""

from __future__ import annotations

from crm.campaigns.queries.addresses import Address as Address
from crm.campaigns.queries.addresses import exports_of as exports_of
from crm.campaigns.queries.addresses import letters_to as letters_to
from crm.campaigns.queries.addresses import numbers_of as numbers_of
from crm.campaigns.queries.addresses import returned_letter as returned_letter
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
from crm.campaigns.queries.letter_lists import ListLetters as ListLetters
from crm.campaigns.queries.letter_lists import list_letters as list_letters
from crm.campaigns.queries.letters import LETTER_VIEWS as LETTER_VIEWS
from crm.campaigns.queries.letters import LETTERS_PAGE as LETTERS_PAGE
from crm.campaigns.queries.letters import BatchCount as BatchCount
from crm.campaigns.queries.letters import batch_counts as batch_counts
from crm.campaigns.queries.letters import campaign_batches as campaign_batches
from crm.campaigns.queries.letters import left_out_counts as left_out_counts
from crm.campaigns.queries.letters import letter_batch as letter_batch
from crm.campaigns.queries.letters import letter_candidates as letter_candidates
from crm.campaigns.queries.letters import letter_rows as letter_rows
from crm.campaigns.queries.letters import list_batches as list_batches
from crm.campaigns.queries.letters import returned_counts as returned_counts
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
from crm.campaigns.queries.scripts import Version as Version
from crm.campaigns.queries.scripts import latest_script as latest_script
from crm.campaigns.queries.scripts import own_scripts as own_scripts
from crm.campaigns.queries.scripts import script_centres as script_centres
from crm.campaigns.queries.scripts import script_for as script_for
from crm.campaigns.queries.scripts import script_version as script_version
from crm.campaigns.queries.scripts import script_versions as script_versions
from crm.campaigns.queries.segment import candidates, last_contacts, segment_count

__all__ = [
    "PAGE", "call_list", "campaign", "campaigns", "candidates", "checks", "entries", "entry_reasons", "extracts",
    "frozen_workplaces", "last_contacts", "latest_batches", "list_counts", "list_sums", "lists_of", "overview",
    "participation", "participation_counts", "participations", "saved_segments", "segment_count",
    "waiting_for_basis",
]  # fmt: skip
