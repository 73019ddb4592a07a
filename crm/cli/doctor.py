"""`crm doctor`: prove on the configured database what the product relies on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from crm.base import schema
from crm.base.db import is_overlap_error
from crm.calling.models import QueueEntry
from crm.campaigns.models import CallList, Campaign, ListEntry, Participation
from crm.companies.models import Company, Workplace
from crm.integrations.geocoding import Geocoder
from crm.integrations.mailbox import Mailbox, MailboxFailed
from crm.integrations.queries import counts
from crm.people.models import Jobcentre, Municipality, Region, User
from crm.recurring import queries as recurring
from crm.recurring.models import Leader
from crm.recurring.rules import is_silent, standing
from crm.scheduler import held
from crm.travel.engine import default_engine, embedded_engine, place_of_postcode
from crm.travel.remote import RemoteEngine
from crm.travel.wire import Unanswered
from crm.visits.models import Visit
from crm.web.filters import dk_datetime


class Unproven(Exception):
    """A check that did not hold; the text says what to do."""


def prove(holds: object, otherwise: str) -> None:
    if not holds:
        raise Unproven(otherwise)


SOME_TIME = datetime(2001, 1, 1, 9, tzinfo=UTC)
FIRST_RUNS = timedelta(minutes=5)
"""By then a new leader has begun every job once."""


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Check database, schema, overlap refusal, claim and lock exclusivity, travel, addresses, files and outbox."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    failed = 0
    for name, check in CHECKS:
        try:
            trouble, said = False, check(app)
        except (Unproven, DBAPIError, OSError) as exc:
            trouble, said = True, str(exc).splitlines()[0] if str(exc) else type(exc).__name__
        failed += trouble
        click.echo(f"{'FEJL' if trouble else 'ok  '}  {name}: {said}")
    if failed:
        raise SystemExit(1)


def _engine(app: Flask) -> Engine:
    engine: Engine = app.extensions["crm.engine"]
    return engine


def _database(app: Flask) -> str:
    with _engine(app).connect() as connection:
        connection.execute(select(1))
        version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
        return f"{connection.dialect.name} {version}"


def _schema(app: Flask) -> str:
    found, wanted = schema.current(_engine(app)), schema.head(_engine(app))
    prove(found == wanted, f"er {found or 'tom'}, skal være {wanted}; kør crm init-db")
    return str(found)


def _overlap(app: Flask) -> str:
    """Two overlapping visits in a transaction that is rolled back."""
    with app.extensions["crm.sessions"]() as session:
        values = _one_visit(session)
        session.execute(insert(Visit).values(values))
        try:
            with session.begin_nested():
                session.execute(
                    insert(Visit).values(values | {"starts_at": SOME_TIME + timedelta(minutes=30), "state": "held"})
                )
        except DBAPIError as exc:
            prove(is_overlap_error(exc), f"afvist af en anden grund: {exc.orig}")  # noqa: PT017
            return "databasen afviser to besøg oven i hinanden"
        finally:
            session.rollback()
    raise Unproven("databasen tog imod to besøg oven i hinanden; kør ikke produktet på den")


def _one_visit(session: Session) -> dict[str, Any]:
    """The rows a visit hangs on, and the visit's values; nothing of it is kept."""

    def added(row: Any) -> Any:
        session.add(row)
        session.flush()
        return row

    then = {"created_at": SOME_TIME}
    region = added(Region(key="doctor", name="doctor"))
    added(Municipality(code="000", name="doctor", region_id=region.id, tile_x=0, tile_y=0))
    centre = added(Jobcentre(name="doctor", region_id=region.id, postcode="0999"))
    person = added(User(email="doctor@invalid", name="doctor", initials="D", password_hash="", session_key="", **then))
    company = added(Company(cvr_number="00000000", name="doctor", **then))
    place = {"name": "doctor", "postcode": "0999", "municipality_code": "000", "updated_at": SOME_TIME, **then}
    workplace = added(Workplace(company_id=company.id, p_number="0000000000", **place))
    campaign = added(Campaign(name="doctor", starts_on=date(2001, 1, 1), ends_on=date(2001, 1, 2), **then))
    joined = added(Participation(campaign_id=campaign.id, jobcentre_id=centre.id))
    listed = added(CallList(participation_id=joined.id, name="doctor", seed=1, **then))
    item = added(ListEntry(call_list_id=listed.id, workplace_id=workplace.id, position=1))
    chain = {"campaign_id": campaign.id, "jobcentre_id": centre.id, "workplace_id": workplace.id}
    entry = added(QueueEntry(list_entry_id=item.id, due_at=SOME_TIME, **chain))
    times = {"booked_at": SOME_TIME, "starts_at": SOME_TIME, "ends_at": SOME_TIME + timedelta(hours=1)}
    people = {"consultant_id": person.id, "responsible_id": person.id, "contact_name": "doctor"}
    return {"queue_entry_id": entry.id, "lat": 0.0, "lon": 0.0, "state": "booked", **chain, **times, **people}


def _claims(app: Flask) -> str:
    """While one connection holds a row for claiming, another is not given it."""
    engine = _engine(app)
    if engine.dialect.name == "sqlite":
        return _writers(engine)
    first = select(Region.id).order_by(Region.id).limit(1).with_for_update(skip_locked=True)
    with engine.connect() as one, engine.connect() as two:
        held = one.execute(first).scalar()
        prove(held is not None, "ingen regioner at prøve med; kør crm init-db")
        other = two.execute(select(Region.id).where(Region.id == held).with_for_update(skip_locked=True)).scalar()
        prove(other is None, "to forbindelser fik den samme række")
    return "to forbindelser får aldrig den samme række"


def _writers(engine: Engine) -> str:
    with engine.connect() as one, engine.connect() as two:
        one.execute(select(1))  # begins immediate
        two.connection.driver_connection.execute("PRAGMA busy_timeout=50")  # type: ignore[union-attr]
        try:
            two.execute(select(1))
        except OperationalError:
            return "kun én skriver ad gangen"
        finally:
            two.connection.driver_connection.execute("PRAGMA busy_timeout=30000")  # type: ignore[union-attr]
    raise Unproven("to skrivere var inde på samme tid")


def _locks(app: Flask) -> str:
    engine = _engine(app)
    if engine.dialect.name == "sqlite":
        with held(engine, "doctor"):
            return "én proces; planlæggeren kører i den, og dens låse kan skrives"
    ask = text("SELECT pg_try_advisory_xact_lock(7, 7)")
    with engine.connect() as one, engine.connect() as two:
        prove(one.execute(ask).scalar(), "låsen kunne ikke tages")
        prove(not two.execute(ask).scalar(), "to forbindelser fik den samme lås")
    return "kun én leder ad gangen"


def _travel(_app: Flask) -> str:
    """A known drive by the engine itself, past everything that is kept."""
    start, end = place_of_postcode("9000"), place_of_postcode("8000")
    if start is None or end is None:
        raise Unproven("postnumrene mangler")
    engine, known = default_engine(), embedded_engine().leg(start, end)
    if not isinstance(engine, RemoteEngine):
        return f"{engine.name}: Aalborg-Aarhus {known.km:.0f} km, {known.minutes} min"
    asked = f"{engine.name} på {engine.asker.host}"
    try:
        leg = engine.check(start, end)
    except Unanswered as exc:
        raise Unproven(f"{asked}: {exc}; indtil videre køres efter skøn fra det indbyggede kort") from exc
    prove(leg.reachable, f"{asked} kender ingen vej Aalborg-Aarhus; dækker dens kort Danmark?")
    told = f"{asked}: Aalborg-Aarhus {leg.km:.0f} km, {leg.minutes} min; svarer selv, ingen skøn"
    odd = not known.minutes / 2 < leg.minutes < known.minutes * 2
    return f"{told}; OBS: det indbyggede kort siger {known.minutes} min" if odd else told


def _geocoding(app: Flask) -> str:
    """The town hall of Copenhagen, whose place we know."""
    geocoder: Geocoder | None = app.extensions["crm.geocoder"]
    if geocoder is None:
        return "slås ikke op; virksomheder uden koordinater i filen ligger efter postnummer (CRM_GEOCODING=none)"
    answer = geocoder.look_up("Rådhuspladsen 1", "1550")
    prove(answer.state != "failed", f"tjenesten svarer ikke ({answer.reason}); se CRM_GEOCODING_URL og _TOKEN")
    near = abs(answer.lat - 55.676) < 0.01 and abs(answer.lon - 12.569) < 0.01
    prove(answer.state == "found" and near, f"Rådhuspladsen 1, 1550 blev ikke fundet ({answer.state})")
    return "Rådhuspladsen 1, 1550 er slået op"


def _mailbox(app: Flask) -> str:
    """Opened and looked into; nothing is marked as read."""
    mailbox: Mailbox | None = app.extensions["crm.mailbox"]
    if mailbox is None:
        return "svar på invitationer læses ikke (CRM_MAILBOX=none)"
    try:
        with mailbox.open() as box:
            found = sum(1 for _ in box.letters(20))
    except MailboxFailed as exc:
        raise Unproven(f"postkassen kan ikke læses: {exc}") from exc
    return f"{mailbox.name} kan læses, {found}{'+' if found == 20 else ''} mails venter"


def _assets(app: Flask) -> str:
    manifest = Path(str(app.static_folder)) / "vendor" / "manifest.json"
    prove(manifest.exists(), "front-end-filerne mangler; kør scripts/assets/fetch")
    return "front-end-filerne er på plads"


def _outbox(app: Flask) -> str:
    with app.extensions["crm.sessions"]() as session:
        found = counts(session)
        waiting = session.scalar(select(func.count()).select_from(QueueEntry).where(QueueEntry.claimed_by.isnot(None)))
    stuck = found.get("failed", 0) + found.get("unknown", 0)
    told = f"{found.get('pending', 0)} venter, {found.get('sent', 0)} sendt, {waiting} i samtale"
    return f"{told}; OBS: {stuck} kunne ikke sendes, se /outbox" if stuck else told


def _scheduler(app: Flask) -> str:
    """A product that was never started may well be checked: that is told. A leader that has been seen and is silent is
    a fault, for then nothing is sent and nobody reminded."""
    now = app.extensions["crm.clock"].now()
    with app.extensions["crm.sessions"]() as session:
        leader, rows = recurring.leader(session), recurring.runs(session)
        aside = recurring.aside_counts(session)
    stands = [standing(job, rows.get(job.key), now) for job in app.extensions["crm.jobs"]]
    late = [f"{one.key} (siden {dk_datetime(one.overdue_since)})" for one in stands if one.overdue_since]
    never = [one.key for one in stands if one.state == "never" and leader and now - leader.since > FIRST_RUNS]
    lists = {
        "forsinket": late,
        "aldrig kørt": never,
        "fejlede sidst": recurring.failing(rows),
        f"{sum(aside.values())} sat til side, se /jobs": [f"{job} {count}" for job, count in sorted(aside.items())],
    }
    told = "; ".join(
        [_led(leader, now), *(f"OBS: {what}: {', '.join(those)}" for what, those in lists.items() if those)]
    )
    prove(leader is None or not is_silent(leader, now), told)
    return told


def _led(leader: Leader | None, now: datetime) -> str:
    if leader is None:
        return "har ikke kørt endnu; start crm serve eller crm worker"
    beat = f"sidste livstegn {dk_datetime(leader.beat_at)}"
    if is_silent(leader, now):
        return f"TAVS: {beat} fra {leader.name}; ingen job kører, start crm serve eller crm worker"
    return f"{leader.name} leder, {beat}, for {max(0, int((now - leader.beat_at).total_seconds()))} s siden"


CHECKS: tuple[tuple[str, Callable[[Flask], str]], ...] = (
    ("database", _database),
    ("skema", _schema),
    ("overlap", _overlap),
    ("kø", _claims),
    ("lås", _locks),
    ("køretid", _travel),
    ("adresser", _geocoding),
    ("postkasse", _mailbox),
    ("filer", _assets),
    ("udbakke", _outbox),
    ("job", _scheduler),
)
