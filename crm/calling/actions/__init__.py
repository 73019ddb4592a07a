"""Writes of calling: enqueue, claim and what keeps a claim, finish."""

from __future__ import annotations

from crm.calling.actions.allot import allot as allot
from crm.calling.actions.allot import approved_lists as approved_lists
from crm.calling.actions.allot import prioritise as prioritise
from crm.calling.actions.allot import release_lists as release_lists
from crm.calling.actions.callbacks import Moved as Moved
from crm.calling.actions.callbacks import call_back_now as call_back_now
from crm.calling.actions.callbacks import change_call_back as change_call_back
from crm.calling.actions.callbacks import move_call_backs as move_call_backs
from crm.calling.actions.claim import claim as claim
from crm.calling.actions.claim import reserve as reserve
from crm.calling.actions.dial import dial as dial
from crm.calling.actions.finish import finish as finish
from crm.calling.actions.finish import finish_and_next as finish_and_next
from crm.calling.actions.keep import heartbeat as heartbeat
from crm.calling.actions.keep import release as release
from crm.calling.actions.keep import retake as retake
from crm.calling.actions.keep import save_draft as save_draft
from crm.calling.actions.letters import follow_letters as follow_letters
from crm.calling.actions.order import rerank as rerank
from crm.calling.actions.order import set_fit as set_fit
from crm.calling.actions.outcomes import reset_outcomes as reset_outcomes
from crm.calling.actions.outcomes import save_outcomes as save_outcomes
from crm.calling.actions.presence import mark_silent as mark_silent
from crm.calling.actions.presence import note_presence as note_presence
from crm.calling.actions.queue import enqueue as enqueue
from crm.calling.actions.queue import follow_firms as follow_firms
from crm.calling.actions.queue import pause as pause
from crm.calling.actions.take_back import take_back as take_back
from crm.calling.actions.undo import undo as undo
from crm.calling.actions.wake import wake as wake
