"""Reads of calling: entries through a scope, what holds the queue back, what the phoner's screen shows."""

from __future__ import annotations

from crm.calling.queries.callbacks import CallBack as CallBack
from crm.calling.queries.callbacks import Promiser as Promiser
from crm.calling.queries.callbacks import call_backs as call_backs
from crm.calling.queries.callbacks import call_backs_count as call_backs_count
from crm.calling.queries.callbacks import call_backs_due as call_backs_due
from crm.calling.queries.callbacks import open_promises as open_promises
from crm.calling.queries.callbacks import own_call as own_call
from crm.calling.queries.callbacks import promisers as promisers
from crm.calling.queries.callbacks import undoable as undoable
from crm.calling.queries.dry import campaign_in_reach as campaign_in_reach
from crm.calling.queries.dry import held_back as held_back
from crm.calling.queries.dry import next_due as next_due
from crm.calling.queries.dry import reasons as reasons
from crm.calling.queries.dry import why_dry as why_dry
from crm.calling.queries.entries import HistoryLine as HistoryLine
from crm.calling.queries.entries import entry as entry
from crm.calling.queries.entries import firms_of as firms_of
from crm.calling.queries.entries import history as history
from crm.calling.queries.entries import live_claim as live_claim
from crm.calling.queries.entries import reserved as reserved
from crm.calling.queries.letters import off_letters as off_letters
from crm.calling.queries.outcomes import Given as Given
from crm.calling.queries.outcomes import Wording as Wording
from crm.calling.queries.outcomes import decline_reasons as decline_reasons
from crm.calling.queries.outcomes import forget_outcomes as forget_outcomes
from crm.calling.queries.outcomes import outcomes as outcomes
from crm.calling.queries.outcomes import outcomes_used as outcomes_used
from crm.calling.queries.outcomes import reasons_given as reasons_given
from crm.calling.queries.outcomes import wording as wording
from crm.calling.queries.phone import REPORTING as REPORTING
from crm.calling.queries.screen import LEFT_MOST as LEFT_MOST
from crm.calling.queries.screen import Desk as Desk
from crm.calling.queries.screen import Pace as Pace
from crm.calling.queries.screen import SameNumber as SameNumber
from crm.calling.queries.screen import desks as desks
from crm.calling.queries.screen import facts as facts
from crm.calling.queries.screen import figures as figures
from crm.calling.queries.screen import legal_basis as legal_basis
from crm.calling.queries.screen import pace as pace
from crm.calling.queries.screen import same_number as same_number
