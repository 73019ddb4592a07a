"""Composition: settings, database, edge, language, sign-in, and the blueprints of every room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, current_app, has_request_context, request, url_for
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from sqlalchemy.orm import Session
from werkzeug.middleware.proxy_fix import ProxyFix

from crm.base.clock import Clock, danish_date
from crm.base.db import make_engine, session_factory
from crm.base.seal import Vault
from crm.base.settings import REPOSITORY, Settings
from crm.calendars import views as calendars_views
from crm.calendars.jobs import write_copy
from crm.calendars.views import blueprint as calendars_blueprint
from crm.calling import api as calling_api
from crm.calling import views as calling_views
from crm.calling.queries import outcomes
from crm.campaigns import views as campaigns_views
from crm.companies import views as companies_views
from crm.desk import views as desk_views
from crm.desk.queries import badges
from crm.desk.rules import navigation
from crm.followups import api as followups_api
from crm.followups import views as followups_views
from crm.followups.views.endings import of_placement
from crm.integrations import render
from crm.integrations import views as integrations_views
from crm.integrations.actions import deliver_due
from crm.integrations.caldav import opener
from crm.integrations.calendar_out import CalendarOut
from crm.integrations.fetch import HttpFetcher
from crm.integrations.geocoding import make_geocoder
from crm.integrations.mail import Adapter, FileMail, SmtpMail
from crm.integrations.mailbox import make_mailbox
from crm.integrations.sms import FileSms, TwilioSms
from crm.integrations.telephony import make_telephony
from crm.openings import api as openings_api
from crm.openings import views as openings_views
from crm.people import views as people_views
from crm.people.permissions import Gate
from crm.people.queries import user_by_session
from crm.recurring import views as recurring_views
from crm.reports import api as reports_api
from crm.reports import views as reports_views
from crm.scheduler.figures import figures
from crm.scheduler.jobs import JOBS
from crm.scheduler.naming import named
from crm.scheduler.troubles import troubles
from crm.travel.configure import configured
from crm.travel.engine import use
from crm.visits import api as visits_api
from crm.visits import views as visits_views
from crm.visits.rules import link
from crm.web import edge, errors, filters, headers, hooks, i18n, metrics, permit
from crm.web.api import make_openapi

PAGES = (
    people_views,
    integrations_views,
    recurring_views,
    companies_views,
    calendars_views,
    campaigns_views,
    calling_views,
    visits_views,
    openings_views,
    followups_views,
    reports_views,
    desk_views,
)
APIS = (calling_api, visits_api, openings_api, followups_api, reports_api)


def create_app(settings: Settings | None = None) -> Flask:
    """The web application. Raises ConfigurationError for a setting that cannot be used."""
    settings = settings or Settings.from_environment()
    packaged = Path(__file__).parent / "_templates"
    app = make_openapi("crm", template_folder=str(packaged if packaged.exists() else REPOSITORY / "templates"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https://"),
        SESSION_COOKIE_NAME="jobaabner",
        MAX_CONTENT_LENGTH=settings.upload_max_mb * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        RATELIMIT_STORAGE_URI=settings.limiter_url,
        JSON_SORT_KEYS=False,
    )
    app.extensions["crm.settings"] = settings
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    _database(app, settings)
    for part in (hooks, i18n, filters, headers, errors):
        part.install(app)
    metrics.install(app, figures)
    app.extensions["crm.jobs"] = JOBS
    app.extensions["crm.item_names"], app.extensions["crm.job_troubles"] = named, troubles
    app.extensions["crm.placement_talks"] = of_placement
    _sign_in(app, settings)
    _rooms(app)
    return app


def _database(app: Flask, settings: Settings) -> None:
    engine = make_engine(settings.database_url)
    sessions = session_factory(engine)
    adapters = make_adapters(settings)
    render.configure(settings.base_url)
    link.configure(settings.secret_key, settings.base_url, settings.mail_from)
    clock = Clock(settings.clock)
    app.extensions["crm.engine"] = engine
    app.extensions["crm.adapters"] = adapters
    vault, caldav = Vault.of(settings), opener(settings.calendar_private_hosts)
    adapters["calendar"] = CalendarOut(lambda copy_id: write_copy(sessions, vault, caldav, clock.now(), copy_id))
    app.extensions["crm.vault"], app.extensions["crm.caldav"] = vault, caldav
    app.extensions["crm.mailbox"] = make_mailbox(settings)
    app.extensions["crm.fetcher"] = HttpFetcher(allow_private=settings.calendar_private_hosts)
    app.extensions["crm.geocoder"] = make_geocoder(settings)
    app.extensions["crm.telephony"] = make_telephony(settings, clock)
    use(configured(settings, sessions, clock.now))

    def drain(session: Session) -> None:
        """Quick adapters deliver at once; slow ones wait for the worker, so that no click waits for a server."""
        if session.info.pop("outbox_written", False):
            deliver_due(sessions, adapters, clock.now(), only_quick=True)

    edge.install(app, sessions, clock, drain)


def make_adapters(settings: Settings) -> dict[str, Adapter]:
    """The way out for each channel, as configured."""
    folder = settings.data_dir / "outbox"
    mail: Adapter = SmtpMail(settings) if settings.mail_adapter == "smtp" else FileMail(folder, settings.mail_from)
    sms: Adapter = TwilioSms(settings) if settings.sms_adapter == "twilio" else FileSms(folder)
    return {"mail": mail, "sms": sms}


def _sign_in(app: Flask, settings: Settings) -> None:
    app.extensions["crm.gatekeeper"] = Gate()
    login = LoginManager(app)
    login.user_loader(lambda session_id: user_by_session(edge.session(), session_id))
    csrf = CSRFProtect(app)
    limiter = Limiter(get_remote_address, app=app, storage_uri=settings.limiter_url)
    app.extensions["crm.csrf"] = csrf
    app.extensions["crm.limiter"] = limiter


def _rooms(app: Flask) -> None:
    for module in PAGES:
        app.register_blueprint(module.pages)
    for hooks_of in (calling_views.hooks, integrations_views.hooks):
        app.extensions["crm.csrf"].exempt(hooks_of)  # strangers' requests, believed by their signature alone
        app.register_blueprint(hooks_of)
    _company_link(app)
    for module in APIS:
        app.extensions["crm.csrf"].exempt(module.api)
        app.register_api(module.api)  # type: ignore[attr-defined]
    _throttle_sign_in(app)
    _throttle_calendars(app)
    app.extensions["campaigns.outcomes"] = _outcome_labels
    app.context_processor(_page_context)


def _company_link(app: Flask) -> None:
    """Strangers' pages: they check the form's token themselves, without a referrer, and are not to be tried out."""
    links = (
        (visits_views.company.company, visits_views.company.LIMIT),
        (followups_views.company.agreement, followups_views.company.LIMIT),
        (openings_views.partner.partner, openings_views.partner.LIMIT),
    )
    for blueprint, limit in links:
        app.extensions["crm.csrf"].exempt(blueprint)
        app.extensions["crm.limiter"].limit(limit)(blueprint)
        app.register_blueprint(blueprint)


def _outcome_labels(campaign_id: int) -> dict[str, str]:
    """What answers of a script may propose: campaigns lies under calling, which knows the outcomes."""
    found = outcomes(edge.session(), campaign_id)
    return {key: outcome.label_in(i18n.locale_code()) for key, outcome in found.items()}


def _throttle_sign_in(app: Flask) -> None:
    """Few tries for an account from an address, many from an address: an office shares one, and all arrive at 8.00."""
    settings: Settings = app.extensions["crm.settings"]
    limit = app.extensions["crm.limiter"].limit
    view = app.view_functions["people.sign_in"]
    view = limit(settings.sign_in_limit, methods=["POST"], key_func=_account_and_address)(view)
    app.view_functions["people.sign_in"] = limit(settings.sign_in_limit_address, methods=["POST"])(view)


def _throttle_calendars(app: Flask) -> None:
    """A click that asks a stranger's server: neither it nor our threads are worn out, nor passwords tried."""
    limit = app.extensions["crm.limiter"].shared_limit(
        calendars_blueprint.ASKING, scope="calendars", methods=["POST"], key_func=_signed_in
    )
    for name in calendars_blueprint.ASKS:
        app.view_functions[f"calendars.{name}"] = limit(app.view_functions[f"calendars.{name}"])


def _signed_in() -> str:
    user = permit.actor()
    return f"user {user.id}" if user else get_remote_address()


def _account_and_address() -> str:
    return f"{get_remote_address()} {request.form.get('email', '').strip().lower()[:254]}"


def _page_context() -> dict[str, object]:
    """What every layout asks for: who is signed in and may do what, the navigation, the shifted clock's banner."""
    if not has_request_context():
        return {}
    clock: Clock = current_app.extensions["crm.clock"]
    actor = permit.actor()
    counts = _counts(actor) if actor else {}
    return {
        "actor": actor,
        "may": permit.may,
        "now": edge.now(),
        "locale": i18n.locale_code(),
        "nav_items": _navigation(actor, counts) if actor else [],
        "unseen_notices": counts.get("followups.notices", 0),
        "clock_banner": _("Øveur: klokken er stillet til %(when)s", when=filters.dk_datetime(edge.now()))
        if clock.shifted
        else None,
    }


def _counts(actor: Any) -> dict[str, int]:
    if not permit.may("followups.reminders"):
        return {}
    return badges(edge.session(), actor.id, danish_date(edge.now()))


def _navigation(actor: Any, counts: dict[str, int]) -> list[dict[str, object]]:
    here = request.endpoint or ""
    alone = {held.role for held in actor.roles} == {"consultant"}
    return [
        {
            "label": _(item.label),
            "url": url_for(item.endpoint),
            "icon": item.icon,
            "badge": counts.get(item.endpoint),
            "active": any(here.startswith(prefix) for prefix in item.active),
        }
        for item in navigation(permit.may, consultant_only=alone)
    ]
