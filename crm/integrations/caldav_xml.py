"""What CalDAV servers are asked and what they answer (RFC 4791, RFC 6578, RFC 6764): texts and readings, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from defusedxml import ElementTree  # type: ignore[import-untyped]
from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]

D, C = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
_SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
PRINCIPAL = f"{_HEAD}<d:propfind {_SPACES}><d:prop><d:current-user-principal/><d:resourcetype/></d:prop></d:propfind>"
HOME = f"{_HEAD}<d:propfind {_SPACES}><d:prop><c:calendar-home-set/></d:prop></d:propfind>"
CALENDARS = (
    f"{_HEAD}<d:propfind {_SPACES}><d:prop><d:resourcetype/><d:displayname/><d:current-user-privilege-set/>"
    "<c:supported-calendar-component-set/></d:prop></d:propfind>"
)
ETAGS = f"{_HEAD}<d:propfind {_SPACES}><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>"


class NotDav(ValueError):
    """The answer is no WebDAV multistatus."""


@dataclass(frozen=True, slots=True)
class Found:
    """A calendar behind an address. ``url`` absolute; ``writable`` False where the server says that it may only be
    read."""

    url: str
    name: str
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """What has changed in a collection: path -> ETag, and paths that are gone. ``token``: where the next reading goes
    on, None when the server has no sync-collection. ``everything``: all that is there was listed, not changes alone.
    """

    changed: dict[str, str | None]
    removed: frozenset[str]
    token: str | None
    everything: bool


@dataclass(frozen=True, slots=True)
class Part:
    """One response of a multistatus: the path, its status when it has one of its own, and the properties found."""

    path: str
    status: int | None
    props: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        found = self.props.get(name)
        return (found.text or "").strip() if found is not None else ""

    def hrefs(self, name: str) -> list[str]:
        found = self.props.get(name)
        return [(one.text or "").strip() for one in found.iter(f"{D}href")] if found is not None else []

    def has(self, name: str, child: str) -> bool:
        found = self.props.get(name)
        return found is not None and found.find(child) is not None


def path_of(href: str) -> str:
    """A server's href as an absolute path, always quoted the same way: servers differ from answer to answer."""
    return quote(unquote(urlsplit(href).path), safe="/@:!$&'()*+,;=~-._")


def parts(body: bytes) -> tuple[list[Part], str | None]:
    """The responses of a multistatus and its sync-token. Raises NotDav."""
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as exc:
        raise NotDav(str(exc)) from exc
    if root.tag != f"{D}multistatus":
        raise NotDav(root.tag)
    token = root.find(f"{D}sync-token")
    return list(_parts(root)), ((token.text or "").strip() or None) if token is not None else None


def _parts(root: Any) -> Iterator[Part]:
    for response in root.findall(f"{D}response"):
        props: dict[str, Any] = {}
        for propstat in response.findall(f"{D}propstat"):
            if _status(propstat) in (200, None):
                holder = propstat.find(f"{D}prop")
                props |= {one.tag: one for one in holder} if holder is not None else {}
        for href in response.findall(f"{D}href"):
            yield Part(path_of((href.text or "").strip()), _status(response), props)


def _status(element: Any) -> int | None:
    found = element.find(f"{D}status")
    words = (found.text or "").split() if found is not None else []
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def sync_report(token: str) -> str:
    """Changes since ``token``, all of them when it is empty (RFC 6578, 3.2)."""
    return (
        f"{_HEAD}<d:sync-collection {_SPACES}><d:sync-token>{escape(token)}</d:sync-token>"
        "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    )


def multiget(paths: Iterable[str]) -> str:
    """These objects with their texts (RFC 4791, 7.9)."""
    wanted = "".join(f"<d:href>{escape(path)}</d:href>" for path in paths)
    return (
        f"{_HEAD}<c:calendar-multiget {_SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f"{wanted}</c:calendar-multiget>"
    )


def by_uid(uid: str) -> str:
    """The events with this UID (RFC 4791, 7.8.6)."""
    return (
        f"{_HEAD}<c:calendar-query {_SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop><c:filter>"
        '<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"><c:prop-filter name="UID">'
        f'<c:text-match collation="i;octet">{escape(uid)}</c:text-match>'
        "</c:prop-filter></c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    )


def is_calendar(part: Part) -> bool:
    """A calendar that takes events; task lists and inboxes are left out."""
    if not part.has(f"{D}resourcetype", f"{C}calendar"):
        return False
    kinds = part.props.get(f"{C}supported-calendar-component-set")
    names = {comp.get("name") for comp in kinds} if kinds is not None else set()
    return not names or "VEVENT" in names


def found_of(part: Part, base: str) -> Found:
    rights = part.props.get(f"{D}current-user-privilege-set")
    held = {right.tag for one in rights.iter(f"{D}privilege") for right in one} if rights is not None else set()
    writable = not held or bool(held & {f"{D}write", f"{D}write-content", f"{D}all", f"{D}bind"})
    last = unquote(part.path.rstrip("/").rsplit("/", 1)[-1])
    return Found(urljoin(base, part.path), part.text(f"{D}displayname")[:120] or last, writable)


def listing(found: Iterable[Part], collection: str, token: str | None, *, everything: bool) -> Listing:
    """The collection itself and folders in it are no objects."""
    changed: dict[str, str | None] = {}
    removed: set[str] = set()
    for part in found:
        if part.path.rstrip("/") == collection.rstrip("/") or part.path.endswith("/"):
            continue
        if part.status == 404:
            removed.add(part.path)
        elif part.status in (None, 200):
            changed[part.path] = part.text(f"{D}getetag") or None
    return Listing(changed, frozenset(removed), token, everything)
