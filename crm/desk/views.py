"""Today for each role."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from crm.web.permit import actor, requires

pages = Blueprint("desk", __name__)


@pages.get("/")
@requires("people.self")
def today() -> Any:
    """A consultant without other roles goes to the day's drive; everyone else gets their overview."""
    if {held.role for held in actor().roles} == {"consultant"}:
        return redirect(url_for("visits.today"))
    return render_template("desk/today.html")
