"""The gallery's Flask application: our templates and static files, invented content.

python -m tests.gallery.app     serves it on port 5077 for looking at while drawing
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from flask import Flask, Response, render_template, url_for
from flask_babel import Babel
from flask_wtf.csrf import generate_csrf
from jinja2 import ChoiceLoader, FileSystemLoader

from . import charts, content, forms

ROOT = Path(__file__).resolve().parents[2]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: page -> (template, which menu, which entry of it is current)
PAGES = {
    "components": ("components.html", "desk", 1),
    "tables": ("tables.html", "desk", 1),
    "charts": ("charts.html", "desk", 4),
    "errors": ("errors.html", "desk", 1),
    "empty": ("empty.html", "desk", 1),
    "phoner": ("phoner.html", "call", 0),
    "phoner-booked": ("phoner.html", "call", 0),
    "today": ("today.html", "phone", 0),
    "report": ("report.html", "phone", 0),
    "report-error": ("report.html", "phone", 0),
    "followups": ("followups.html", "phone", 1),
    "phone-empty": ("phone_empty.html", "phone", 2),
    "reports": ("reports.html", "desk", 4),
    "jobcentre": ("jobcentre.html", "desk", 1),
    "sign-in": ("sign_in.html", "", 0),
    "error": ("error.html", "", 0),
    "print": ("paper.html", "", 0),
}


def _menu(name: str, current: int) -> list[dict[str, object]]:
    items = [dict(item) for item in content.MENUS.get(name, [])]
    for index, item in enumerate(items):
        item["active"] = index == current
    return items


def _strict(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    return response


def create_app() -> Flask:
    """Build the gallery with the real templates and with stand-ins for the rest of the product."""
    app = Flask(__name__, static_folder=str(ROOT / "crm" / "static"), static_url_path="/static")
    app.config.update(SECRET_KEY="gallery", WTF_CSRF_ENABLED=False)
    here = Path(__file__).parent / "templates"
    app.jinja_loader = ChoiceLoader([FileSystemLoader(here), FileSystemLoader(ROOT / "templates")])
    Babel(app, default_locale="da", locale_selector=lambda: "da")
    app.jinja_env.globals.update(
        csrf_token=generate_csrf,
        get_locale=lambda: "da",
        may=lambda _verb: False,  # the gallery has no other pages to go to
        asset=lambda path: url_for("static", filename=path),
    )
    app.jinja_env.filters.update(content.FILTERS)
    app.after_request(_strict)
    app.add_url_rule("/language", "people.language", lambda: "", methods=["POST"])
    app.add_url_rule("/account", "people.account", lambda: "")
    app.add_url_rule("/sign-out", "people.sign_out", lambda: "", methods=["POST"])
    app.add_url_rule("/notes", "notes", lambda: ("", 204), methods=["POST"])
    app.add_url_rule("/search/quick", "quick", lambda: render_template("quick.html"))
    app.add_url_rule("/", "index", lambda: render_template("index.html", pages=PAGES, nav_items=[]))
    app.add_url_rule("/<page>", "page", _show)
    return app


def _show(page: str) -> str | tuple[str, int]:
    if page not in PAGES:
        return "", 404
    template, menu, current = PAGES[page]
    user = SimpleNamespace(is_authenticated=bool(menu), name=content.USERS.get(menu, ""))
    return render_template(
        template,
        page=page,
        nav_items=_menu(menu, current),
        current_user=user,
        clock_banner="Uret er stillet: ti. 24. nov. 2026 kl. 10.00" if page == "errors" else "",
        c=content,
        charts=charts,
        form=forms.form_for(page),
        forms=forms,
    )


if __name__ == "__main__":
    create_app().run(port=5077)
