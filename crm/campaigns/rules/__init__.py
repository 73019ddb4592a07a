"""Pure rules of campaigns: segments, strike reasons, calling hours, letters, scripts."""

from __future__ import annotations

from crm.campaigns.rules.default_script import DEFAULT_SCRIPT
from crm.campaigns.rules.hours import CallingHours, in_calling_hours, next_opening
from crm.campaigns.rules.letter_files import ADDRESS_COLUMNS as ADDRESS_COLUMNS
from crm.campaigns.rules.letter_files import XLSX as XLSX
from crm.campaigns.rules.letter_files import addresses_csv as addresses_csv
from crm.campaigns.rules.letter_files import addresses_xlsx as addresses_xlsx
from crm.campaigns.rules.letters import EVERY as EVERY
from crm.campaigns.rules.letters import LETTER_LEFT_OUT as LETTER_LEFT_OUT
from crm.campaigns.rules.letters import MOST_BATCHES as MOST_BATCHES
from crm.campaigns.rules.letters import RETURN_REASONS as RETURN_REASONS
from crm.campaigns.rules.letters import Candidate as Candidate
from crm.campaigns.rules.letters import Portion as Portion
from crm.campaigns.rules.letters import deal as deal
from crm.campaigns.rules.letters import in_order as in_order
from crm.campaigns.rules.letters import letter_opens as letter_opens
from crm.campaigns.rules.letters import mailing_days as mailing_days
from crm.campaigns.rules.letters import usable_address as usable_address
from crm.campaigns.rules.letters import why_left_out as why_left_out
from crm.campaigns.rules.returned import Returned as Returned
from crm.campaigns.rules.returned import read_file as read_file
from crm.campaigns.rules.returned import read_numbers as read_numbers
from crm.campaigns.rules.script import (
    END,
    LENGTHS,
    LIVE_FIELDS,
    NOBODY,
    NOWHERE,
    SCRIPT_ANSWERS,
    SCRIPT_FIELDS,
    SCRIPT_STEPS,
    Answer,
    Part,
    Step,
    clean_steps,
    fill,
    fill_script,
    first_name,
    new_key,
    script_parts,
    script_problem,
    street_name,
)
from crm.campaigns.rules.script_check import script_errors, script_limits
from crm.campaigns.rules.script_diff import AnswerChange, StepChange, Words, compare, words
from crm.campaigns.rules.script_edit import edit as edit_script
from crm.campaigns.rules.script_edit import target as script_target
from crm.campaigns.rules.script_edit import typed_steps
from crm.campaigns.rules.script_show import shown_steps
from crm.campaigns.rules.script_walk import (
    GO_ON,
    Walk,
    choices_of,
    leads_to,
    main_line,
    next_key,
    straight_on,
    walk,
    ways,
)
from crm.campaigns.rules.segments import (
    BASIS_MINIMUM,
    CONTACT_OUTCOMES,
    LARGEST_SAMPLE,
    PARTNER_MONTHS,
    PICKED_REASONS,
    STRIKE_REASONS,
    Filters,
    check_filters,
    draw_key,
    months_before,
    parse_postcodes,
)

__all__ = [
    "BASIS_MINIMUM", "CONTACT_OUTCOMES", "DEFAULT_SCRIPT", "END", "GO_ON", "LARGEST_SAMPLE", "LENGTHS", "LIVE_FIELDS",
    "NOBODY", "NOWHERE", "PARTNER_MONTHS", "PICKED_REASONS", "SCRIPT_ANSWERS", "SCRIPT_FIELDS", "SCRIPT_STEPS",
    "STRIKE_REASONS", "Answer", "AnswerChange", "CallingHours", "Filters", "Part", "Step", "StepChange", "Walk",
    "Words", "check_filters", "choices_of", "clean_steps", "compare", "draw_key", "edit_script", "fill",
    "fill_script", "first_name", "in_calling_hours", "leads_to", "main_line", "months_before", "new_key", "next_key",
    "next_opening", "parse_postcodes", "script_errors", "script_limits", "script_parts", "script_problem",
    "script_target", "shown_steps", "straight_on", "street_name", "typed_steps", "walk", "ways", "words",
]  # fmt: skip
