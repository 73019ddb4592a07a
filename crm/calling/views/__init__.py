"""Pages of calling: the phoner's screen, and a list's approval (which puts it in the queue)."""

from __future__ import annotations

from crm.calling.views import approve as approve
from crm.calling.views import call as call
from crm.calling.views.blueprint import pages as pages
