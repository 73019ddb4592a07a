"""The contact person that a register extract names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Table, insert, literal, select, update
from sqlalchemy.orm import Session

from crm.base.db import among, unpacked
from crm.companies.models import Contact

T = cast(Table, Contact.__table__)


class RegisterContacts:
    """Knows a name again; a register contact that nobody has added to gives way to the register's new name."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, list[Any]] = {}

    def load(self, workplace_ids: Sequence[int]) -> None:
        """Read the contacts of these workplaces, before ``adds`` and ``write`` ask for them."""
        self._known = {}
        if workplace_ids:
            theirs = among(self._session, T.c.workplace_id, workplace_ids)
            for contact in self._session.execute(select(T).where(theirs).order_by(T.c.id)):
                self._known.setdefault(contact.workplace_id, []).append(contact)

    def adds(self, workplace_id: int, name: str | None) -> bool:
        """Whether the name is new to the workplace."""
        known = self._known.get(workplace_id, ())
        return bool(name) and all(contact.name.casefold() != str(name).casefold() for contact in known)

    def write(self, named: Iterable[tuple[int, str | None]]) -> None:
        """(workplace, name) pairs; those without a name leave the contacts as they are."""
        fresh: list[tuple[int, str]] = []
        for workplace_id, name in named:
            if not name or not self.adds(workplace_id, name):
                continue
            untouched = next(
                (
                    contact
                    for contact in self._known.get(workplace_id, ())
                    if contact.source == "register" and not (contact.phone or contact.email or contact.title)
                ),
                None,
            )
            if untouched is None:
                fresh.append((workplace_id, name))
            else:
                self._session.execute(update(T).where(T.c.id == untouched.id).values(name=name))
        if fresh:
            named = unpacked(self._session, (T.c.workplace_id, T.c.name), fresh)
            source = select(*named, literal(""), literal("register"))
            self._session.execute(insert(T).from_select(["workplace_id", "name", "title", "source"], source))
        self._known = {}
