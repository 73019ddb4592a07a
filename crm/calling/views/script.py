"""The script beside the call, with names filled in."""

from __future__ import annotations

from typing import Any

from crm.calling import queries
from crm.calling.models import QueueEntry
from crm.calling.queries.scripts import entry_script, script_values
from crm.campaigns.rules import shown_steps
from crm.companies.models import Contact
from crm.web.edge import session
from crm.web.i18n import locale_code
from crm.web.permit import actor


def script_view(entry: QueueEntry, contact: Contact | None) -> dict[str, Any]:
    """The middle column as ``components/script.html`` shows it. Outcomes the campaign does not have (any more) are
    not proposed."""
    version, steps = entry_script(session(), entry)
    labels = {key: one.label_in(locale_code()) for key, one in queries.outcomes(session(), entry.campaign_id).items()}
    values = script_values(entry, contact, actor().name)
    return {
        "key": f"call-{entry.id}",
        "version": str(version),
        "first": steps[0]["key"],
        "steps": shown_steps(steps, values, outcomes=labels),
    }
