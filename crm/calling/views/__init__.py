"""Pages of calling: the phoner's screen, and a list's approval (which puts it in the queue)."""

from __future__ import annotations

from crm.calling.views import allot as allot
from crm.calling.views import approve as approve
from crm.calling.views import board as board
from crm.calling.views import call as call
from crm.calling.views import callbacks as callbacks
from crm.calling.views import keep as keep
from crm.calling.views import outcomes as outcomes
from crm.calling.views import telephony as telephony
from crm.calling.views import undo as undo
from crm.calling.views.blueprint import pages as pages
from crm.calling.views.hooks import hooks as hooks
