"""Take an import back, as long as nothing has been built on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from crm.base import activity
from crm.base.errors import N_, Refusal
from crm.companies.models import Company, Contact, ImportBatch, ImportedWorkplace, Workplace

USED = N_("Virksomhederne er taget i brug, så indlæsningen kan ikke fortrydes. Intet er ændret.")


def undo_import(session: Session, actor: Any, now: datetime, batch: ImportBatch) -> tuple[int, int]:
    """Remove the workplaces it brought, and give the updated ones their former values; how many of each.

    Refused: ``used`` when a list or call rests on one of them, or when somebody noted something on them; ``later``
    when a later import has read some of them; ``stale`` when it is undone already. Contact names stay.
    """
    if batch.undone_at is not None:
        raise Refusal("stale", N_("Indlæsningen er allerede fortrudt."))
    mine = select(ImportedWorkplace.workplace_id).where(ImportedWorkplace.batch_id == batch.id)
    changed = mine.where(ImportedWorkplace.change != "unchanged")
    if session.scalar(
        select(exists().where(ImportedWorkplace.batch_id > batch.id, ImportedWorkplace.workplace_id.in_(changed)))
    ):
        raise Refusal("later", N_("En senere indlæsning har de samme virksomheder. Fortryd den først."))
    fresh = mine.where(ImportedWorkplace.change == "new")
    _refuse_used(session, fresh)
    restored = _restore(session, now, batch)
    removed = session.scalar(select(func.count()).select_from(fresh.subquery())) or 0
    try:
        with session.begin_nested():
            _remove(session, batch, fresh)
    except IntegrityError as exc:  # other rooms' foreign keys know best what is in use
        raise Refusal("used", USED) from exc
    batch.undone_at = now
    activity.record(session, actor, now, "companies.undo_import", batch, removed=removed, restored=restored)
    session.flush()
    session.expire_all()
    return removed, restored


def _refuse_used(session: Session, fresh: Any) -> None:
    """Notes of people on a workplace: a wish not to be called, a contact that came from a call or a visit."""
    called = select(Workplace.id).where(Workplace.id.in_(fresh), Workplace.do_not_call_at.is_not(None))
    noted = select(Contact.id).where(Contact.workplace_id.in_(fresh), Contact.source != "register")
    if session.scalar(select(exists(called))) or session.scalar(select(exists(noted))):
        raise Refusal("used", USED)


def _restore(session: Session, now: datetime, batch: ImportBatch) -> int:
    rows = session.execute(
        select(ImportedWorkplace.workplace_id, ImportedWorkplace.before).where(
            ImportedWorkplace.batch_id == batch.id, ImportedWorkplace.change == "updated"
        )
    ).all()
    values = [{"id": number, "updated_at": now, **(before or {})} for number, before in rows]
    for each in values:
        if returned := each.get("mail_returned_at"):  # the old address is back, and with it what the post said of it
            each["mail_returned_at"] = datetime.fromisoformat(returned)
        session.execute(
            update(Workplace)
            .where(Workplace.id == each["id"])
            .values({name: value for name, value in each.items() if name != "id"})
            .execution_options(synchronize_session=False)
        )
    return len(values)


def _remove(session: Session, batch: ImportBatch, fresh: Any) -> None:
    """The workplaces, the companies that are left without one, and what the batch remembers of them."""
    gone = list(session.scalars(fresh))
    companies = set(session.scalars(select(Workplace.company_id).where(Workplace.id.in_(fresh))))
    options = {"synchronize_session": False}
    for start in range(0, len(gone), 5_000):
        session.execute(
            delete(Workplace).where(Workplace.id.in_(gone[start : start + 5_000])), execution_options=options
        )
    for start in range(0, len(companies), 5_000):
        part = sorted(companies)[start : start + 5_000]
        alone = ~exists().where(Workplace.company_id == Company.id)
        session.execute(delete(Company).where(Company.id.in_(part), alone), execution_options=options)
    session.execute(delete(ImportedWorkplace).where(ImportedWorkplace.batch_id == batch.id), execution_options=options)
