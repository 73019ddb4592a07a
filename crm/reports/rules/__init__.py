"""Rules of reports: definitions, margins, weeks, files."""

from __future__ import annotations

from crm.reports.rules.definitions import DEFINITIONS as DEFINITIONS
from crm.reports.rules.definitions import FEW_PEOPLE as FEW_PEOPLE
from crm.reports.rules.definitions import GROUPS as GROUPS
from crm.reports.rules.definitions import HAPPENED_2013 as HAPPENED_2013
from crm.reports.rules.definitions import LIFE_GROUPS as LIFE_GROUPS
from crm.reports.rules.definitions import PROMISE_GROUPS as PROMISE_GROUPS
from crm.reports.rules.definitions import SIDE_WORDS as SIDE_WORDS
from crm.reports.rules.definitions import Definition as Definition
from crm.reports.rules.files import cell as cell
from crm.reports.rules.files import csv_file as csv_file
from crm.reports.rules.files import in_danish_order as in_danish_order
from crm.reports.rules.files import parse_week as parse_week
from crm.reports.rules.files import week_bounds as week_bounds
from crm.reports.rules.files import week_key as week_key
from crm.reports.rules.files import week_starts as week_starts
from crm.reports.rules.rates import SMALL_N as SMALL_N
from crm.reports.rules.rates import Z95 as Z95
from crm.reports.rules.rates import Rate as Rate
from crm.reports.rules.rates import RateTable as RateTable
from crm.reports.rules.rates import distinct as distinct
from crm.reports.rules.rates import interval as interval
from crm.reports.rules.rates import margin as margin
from crm.reports.rules.rates import pct as pct
from crm.reports.rules.rates import percent as percent
from crm.reports.rules.rates import points as points
from crm.reports.rules.rates import sample_margin as sample_margin
from crm.reports.rules.rates import suppressed as suppressed
from crm.reports.rules.rates import wilson as wilson
