"""What the script editor's templates are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _

from crm.base.errors import NotFound
from crm.campaigns.actions import script_stamp
from crm.campaigns.models import Campaign, Script
from crm.campaigns.queries import latest_script, own_scripts, script_centres, script_for, script_versions
from crm.campaigns.queries.scripts import Version
from crm.campaigns.rules import (
    DEFAULT_SCRIPT,
    END,
    LENGTHS,
    SCRIPT_ANSWERS,
    SCRIPT_FIELDS,
    SCRIPT_STEPS,
    StepChange,
    choices_of,
    clean_steps,
    leads_to,
    script_errors,
    script_target,
    shown_steps,
    walk,
)
from crm.people.models import Jobcentre
from crm.web.edge import session
from crm.web.i18n import say
from crm.web.permit import scope


@dataclass
class Editor:
    """A script on the screen: whose it is, what stands in the form, and what is to be said of it."""

    campaign: Campaign
    jobcentre: Jobcentre | None
    centres: Sequence[Jobcentre]
    latest: Script | None
    steps: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""
    walked: str = ""
    focus: str = ""
    base: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    message: str = ""
    theirs: Version | None = None
    changes: list[StepChange] = field(default_factory=list)

    @property
    def jobcentre_id(self) -> int | None:
        return self.jobcentre.id if self.jobcentre else None

    @property
    def url(self) -> str:
        return url_for("campaigns.script", campaign_id=self.campaign.id, jobcentre=self.jobcentre_id)


def open_editor(campaign: Campaign) -> Editor | None:
    """The script ``?jobcentre=`` asks for, as it was saved last: the draft, else the published one, else what is
    followed instead. None: the actor edits jobcentres' scripts only and has named none. Raises NotFound."""
    centres = script_centres(session(), scope(), campaign.id)
    asked = request.args.get("jobcentre", "")
    jobcentre = next((one for one in centres if str(one.id) == asked), None)
    if asked and jobcentre is None:
        raise NotFound
    if jobcentre is None and not scope().everything:
        return None
    made = Editor(
        campaign, jobcentre, centres, latest_script(session(), campaign.id, jobcentre.id if jobcentre else None)
    )
    held = made.latest if made.latest and made.latest.steps else None
    followed = held or script_for(session(), campaign.id, made.jobcentre_id)
    made.steps = clean_steps(followed.steps if followed else DEFAULT_SCRIPT)
    made.note = made.latest.note if made.latest and made.latest.published_at is None else ""
    made.base = script_stamp(made.latest)
    return made


def outcome_labels(campaign_id: int) -> dict[str, str]:
    """Key -> label of what answers may propose, as composed in ``crm.app``."""
    found: dict[str, str] = current_app.extensions["campaigns.outcomes"](campaign_id)
    return found


def page(editor: Editor) -> dict[str, Any]:
    """Everything on the page; ``lacks``: what must be put right before it can be published."""
    outcomes = outcome_labels(editor.campaign.id)
    versions = script_versions(session(), editor.campaign.id, editor.jobcentre_id)
    lacks = editor.errors or script_errors(editor.steps, outcomes)
    common = script_for(session(), editor.campaign.id, None) if editor.jobcentre else None
    return {
        "editor": editor,
        "campaign": editor.campaign,
        "rows": _rows(editor.steps, lacks),
        "lacks": {name: {"where": where(name), "text": say(text)} for name, text in lacks.items()},
        "fields": SCRIPT_FIELDS,
        "lengths": LENGTHS,
        "full": len(editor.steps) >= SCRIPT_STEPS,
        "most_answers": SCRIPT_ANSWERS,
        "outcomes": outcomes,
        "target": script_target,
        "end": END,
        "preview": preview(editor, outcomes),
        "flow": flow(editor.steps, outcomes),
        "versions": versions,
        "live": next((version for version in versions if version.live), None),
        "common": common,
        "own": own_scripts(session(), editor.campaign.id) if editor.centres else frozenset(),
    }


def where(name: str) -> str:
    """``Trin 3, svar 2`` of a field such as ``label-2-1``."""
    _name, *numbers = name.split("-")
    if len(numbers) == 1:
        return str(_("Trin %(number)d", number=int(numbers[0]) + 1))
    if len(numbers) == 2:
        return str(_("Trin %(step)d, svar %(answer)d", step=int(numbers[0]) + 1, answer=int(numbers[1]) + 1))
    return str(_("Bemærkning") if name == "note" else _("Manuskriptet"))


def _rows(steps: Sequence[dict[str, Any]], lacks: dict[str, str]) -> list[dict[str, Any]]:
    """Steps with how many of their fields are to be put right."""
    return [{**step, "wrong": sum(name.split("-")[1:2] == [str(n)] for name in lacks)} for n, step in enumerate(steps)]


def sample_values() -> dict[str, str]:
    """Invented names for the preview."""
    return {
        "phoner": "Sofie Testesen",
        "contact": "Mette Prøvesen",
        "contact_first": "Mette",
        "company": "Eksempel Blik & Rør ApS",
        "street": "Eksempelvej",
        "jobcentre": "Jobcenter Eksempelby",
        "consultant": "Karen Mønster",
        "when": "tirsdag den 24. november kl. 10",
    }


def preview(editor: Editor, outcomes: dict[str, str]) -> dict[str, Any]:
    """The call as the phoner will see it, as far as ``walked`` goes."""
    choices = choices_of(editor.walked)
    whole = [{**step, "title": step["title"] or _("(uden overskrift)")} for step in editor.steps]
    values = sample_values()
    if editor.jobcentre:
        values["jobcentre"] = editor.jobcentre.name
    way = walk(whole, choices)
    return {
        "key": f"preview-{editor.campaign.id}-{editor.jobcentre_id or 0}",
        "version": "preview",
        "first": whole[0]["key"] if whole else "",
        "steps": shown_steps(whole, values, choices, outcomes),
        "walked": ".".join(str(choice) for _key, choice in way.done),
        "over": bool(whole) and way.current is None,
        "outcome": outcomes.get(way.outcome, ""),
    }


def flow(steps: Sequence[dict[str, Any]], outcomes: dict[str, str]) -> list[dict[str, Any]]:
    """Which step leads where: number, title, and for each way the answer, the step's number (None: the end)."""
    numbers = {step["key"]: n for n, step in enumerate(steps, 1)}
    titles = {step["key"]: step["title"] for step in steps}
    return [
        {
            "number": n + 1,
            "title": step["title"],
            "ways": [
                {
                    "label": answer["label"] if answer else "",
                    "number": numbers.get(to or "", 0),
                    "title": titles.get(to or "", ""),
                    "end": to is None,
                    "outcome": outcomes.get(answer["outcome"], "") if answer else "",
                }
                for answer in (step["answers"] or [None])
                for to in (leads_to(steps, n, answer),)
            ],
        }
        for n, step in enumerate(steps)
    ]
