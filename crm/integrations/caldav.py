"""A CalDAV server (RFC 4791) as far as this product needs it: which calendars there are, what has changed, and writes
that never overwrite what somebody else has changed meanwhile (If-Match, If-None-Match).

Plain HTTP, so that ETags stay in our hands and every address is checked before a password goes there. Nothing here is
logged: addresses and passwords are secrets of the consultant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self
from urllib.parse import urljoin

from crm.integrations import caldav_xml as xml
from crm.integrations.caldav_wire import LARGEST, NONE_FOUND, STRANGE, TOO_LARGE, Account, Answer, CalDavFailed, Wire
from crm.integrations.caldav_xml import Found, Listing

PORTION = 50
"""Objects asked for in one multiget."""
_ROUNDS = 50


class Changed(Exception):
    """The object is no longer as we knew it (412); nothing was written."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it lies in the calendar."""

    path: str
    etag: str | None
    text: str


class CalDav(Protocol):
    """One account of a server. Every call raises CalDavFailed; ``put`` and ``delete`` raise Changed as well."""

    def calendars(self) -> list[Found]: ...

    def changes(self, collection: str, token: str | None) -> Listing: ...

    def fetch(self, collection: str, paths: Sequence[str]) -> dict[str, Stored | None]: ...

    def read(self, collection: str, path: str) -> Stored | None: ...

    def find(self, collection: str, uid: str) -> list[Stored]: ...

    def put(self, collection: str, path: str, text: str, etag: str | None) -> str | None: ...

    def delete(self, collection: str, path: str, etag: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_error: object) -> None: ...


Open = Callable[[Account], CalDav]
"""How jobs come to a server; the composition gives ``opener``."""


def opener(allow_private: bool) -> Open:
    """``allow_private``: servers inside the own network, and without TLS, are allowed (settings)."""
    return lambda account: HttpCalDav(account, allow_private)


class HttpCalDav:
    """CalDAV over HTTP."""

    def __init__(self, account: Account, allow_private: bool = False, timeout: float = 10.0) -> None:
        self.wire = Wire(account, allow_private, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.wire.http.close()

    def calendars(self) -> list[Found]:
        """By RFC 6764, 6: the address itself, its well-known address, the root; principal, home, and the list."""
        found: dict[str, Found] = {}
        here = self.wire.address
        for start in dict.fromkeys((here, urljoin(here, "/.well-known/caldav"), urljoin(here, "/"))):
            try:
                base, answer = self._properties(start, xml.PRINCIPAL, "0")
            except CalDavFailed as failed:
                if failed.status in (401, 0):
                    raise
                continue
            if any(xml.is_calendar(part) for part in answer):
                self._collect(found, base, "0")
            for home, url in self._homes(base, answer):
                self._collect(found, urljoin(home, url), "1")
            if found:
                return list(found.values())
        raise CalDavFailed(NONE_FOUND, 404)

    def _homes(self, base: str, answer: Iterable[xml.Part]) -> list[tuple[str, str]]:
        homes = []
        for part in answer:
            for principal in part.hrefs(f"{xml.D}current-user-principal"):
                at, told = self._properties(urljoin(base, principal), xml.HOME, "0")
                homes += [(at, url) for one in told for url in one.hrefs(f"{xml.C}calendar-home-set")]
        return homes

    def _collect(self, found: dict[str, Found], url: str, depth: str) -> None:
        base, answer = self._properties(url, xml.CALENDARS, depth)
        for part in answer:
            if xml.is_calendar(part):
                one = xml.found_of(part, base)
                found.setdefault(one.url, one)

    def changes(self, collection: str, token: str | None) -> Listing:
        """What changed since ``token``; everything without one, when the server no longer knows it (RFC 6578, 3.2:
        403 or 409 with ``valid-sync-token``, or 410), or when it has no sync-collection (compare the ETags then)."""
        try:
            return self._synced(collection, token)
        except CalDavFailed as failed:
            if failed.status not in (400, 403, 405, 409, 410, 412, 415, 422, 500, 501):
                raise
        if token:
            return self.changes(collection, None)
        _base, answer = self._properties(collection, xml.ETAGS, "1")
        return xml.listing(answer, xml.path_of(collection), None, everything=True)

    def _synced(self, collection: str, token: str | None) -> Listing:
        changed: dict[str, str | None] = {}
        removed: set[str] = set()
        told = token or ""
        for _round in range(_ROUNDS):
            answer = self.wire.send("REPORT", collection, xml.sync_report(told), depth="1")
            found, new = self._parsed(answer)
            here = xml.path_of(collection)
            step = xml.listing(found, here, new, everything=not token)
            for path in step.changed:
                removed.discard(path)
            changed |= step.changed
            removed |= step.removed
            for path in step.removed:
                changed.pop(path, None)
            more = any(part.status == 507 and part.path.rstrip("/") == here.rstrip("/") for part in found)
            if not more or not new or new == told:
                return Listing(changed, frozenset(removed), new, not token)
            told = new
        return Listing(changed, frozenset(removed), told, not token)

    def fetch(self, collection: str, paths: Sequence[str]) -> dict[str, Stored | None]:
        """The objects, in portions; None for what is gone meanwhile. What the server fails to tell is left out."""
        result: dict[str, Stored | None] = {}
        size = 0
        for start in range(0, len(paths), PORTION):
            question = xml.multiget(paths[start : start + PORTION])
            found, _token = self._parsed(self.wire.send("REPORT", collection, question, depth="1"))
            result |= {part.path: None for part in found if part.status in (404, 410)}
            portion = _stored(found)
            result |= {one.path: one for one in portion}
            size += sum(len(one.text) for one in portion)
            if size > LARGEST:
                raise CalDavFailed(TOO_LARGE)
        return result

    def find(self, collection: str, uid: str) -> list[Stored]:
        """The objects that hold an event with this UID, whatever they are called."""
        return _stored(self._parsed(self.wire.send("REPORT", collection, xml.by_uid(uid), depth="1"))[0])

    def read(self, collection: str, path: str) -> Stored | None:
        """One object as it is now; None when it is not there."""
        answer = self.wire.send("GET", urljoin(collection, path), accepts=(404, 410))
        if answer.status in (404, 410):
            return None
        etag = answer.headers.get("ETag") or self._etag(urljoin(collection, path))
        return Stored(path, etag, answer.content.decode("utf-8", "replace"))

    def _etag(self, url: str) -> str | None:
        """Asked for by itself, where the answer did not bring it."""
        _base, told = self._properties(url, xml.ETAGS, "0")
        return next((text for part in told if (text := part.text(f"{xml.D}getetag"))), None)

    def put(self, collection: str, path: str, text: str, etag: str | None) -> str | None:
        """Write; without ``etag`` only where nothing is yet. The new ETag where the server tells it. Raises Changed."""
        guard = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        answer = self.wire.send(
            "PUT",
            urljoin(collection, path),
            text,
            headers={**guard, "Content-Type": "text/calendar; charset=utf-8"},
            accepts=(412,),
        )
        if answer.status == 412:
            raise Changed
        told: str | None = answer.headers.get("ETag")
        return told

    def delete(self, collection: str, path: str, etag: str) -> None:
        """Take out; what is gone already is no matter. Raises Changed."""
        answer = self.wire.send(
            "DELETE", urljoin(collection, path), headers={"If-Match": etag}, accepts=(404, 410, 412)
        )
        if answer.status == 412:
            raise Changed

    def _properties(self, url: str, body: str, depth: str) -> tuple[str, list[xml.Part]]:
        answer = self.wire.send("PROPFIND", url, body, depth=depth)
        return answer.url, self._parsed(answer)[0]

    def _parsed(self, answer: Answer) -> tuple[list[xml.Part], str | None]:
        try:
            return xml.parts(answer.content)
        except xml.NotDav as exc:
            raise CalDavFailed(STRANGE, answer.status) from exc


def _stored(found: Iterable[xml.Part]) -> list[Stored]:
    told = [(part, part.props.get(f"{xml.C}calendar-data")) for part in found]
    return [
        Stored(part.path, part.text(f"{xml.D}getetag") or None, data.text)
        for part, data in told
        if data is not None and data.text
    ]
