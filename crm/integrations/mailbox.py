"""The mailbox that answers come to: a folder or file of mails, or IMAP over TLS. What is read is marked afterwards."""

from __future__ import annotations

import imaplib
import mailbox as files
import re
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from crm.base.settings import Settings

LARGEST = 5 * 1024 * 1024  # bytes; larger mails are passed over
TIMEOUT = 20  # seconds for each answer of the server
READ = "read"


class MailboxFailed(Exception):
    """The mailbox cannot be read now; the text says why, in Danish."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it came. ``raw`` None: it is too large to be looked at, or ``unreadable``: the mailbox lists it and
    does not give it, while it may give the others."""

    key: str
    raw: bytes | None
    unreadable: bool = False


class OpenMailbox(Protocol):
    """A mailbox while it is open. Raises MailboxFailed."""

    def letters(self, limit: int) -> Iterator[Letter]: ...

    def done(self, letter: Letter) -> None:
        """Not to be brought again; called when what came of it is safe."""


class Mailbox(Protocol):
    """``name``: for people. ``open()`` raises MailboxFailed."""

    name: str

    def open(self) -> AbstractContextManager[OpenMailbox]: ...


def make_mailbox(settings: Settings) -> Mailbox | None:
    """The mailbox as configured; None where answers are not read."""
    if settings.mailbox == "imap":
        return ImapMailbox(settings)
    return FolderMailbox(settings.mailbox_path) if settings.mailbox == "folder" else None


class FolderMailbox:
    """A folder of ``.eml`` files, a Maildir, or an mbox file, told apart by what lies there.

    Files that were read go into the folder ``read`` beside them, mails of a Maildir into ``cur``; an mbox belongs to
    the mail server and is left as it is: the reader knows its mails by their Message-ID.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    @contextmanager
    def open(self) -> Iterator[OpenMailbox]:
        if not self.path.exists():
            raise MailboxFailed(f"{self.path} findes ikke; ret CRM_MAILBOX_PATH.")
        try:
            if self.path.is_file():
                yield _Mbox(self.path)
            elif (self.path / "new").is_dir() and (self.path / "cur").is_dir():
                yield _Maildir(self.path)
            else:
                yield _Files(self.path)
        except OSError as exc:
            raise MailboxFailed(f"{self.path} kan ikke læses: {exc.strerror or exc}") from exc


class _Files:
    def __init__(self, path: Path) -> None:
        self.path = path

    def letters(self, limit: int) -> Iterator[Letter]:
        for path in sorted(self.path.glob("*.eml"))[:limit]:
            yield _letter(path)

    def done(self, letter: Letter) -> None:
        (self.path / READ).mkdir(exist_ok=True)
        (self.path / letter.key).replace(self.path / READ / letter.key)


class _Maildir:
    def __init__(self, path: Path) -> None:
        self.box = files.Maildir(path, create=False)
        self.path = path

    def letters(self, limit: int) -> Iterator[Letter]:
        for path in sorted((self.path / "new").iterdir())[:limit]:
            yield _letter(path)

    def done(self, letter: Letter) -> None:
        key = letter.key.partition(self.box.colon)[0]
        (self.path / "new" / letter.key).replace(self.path / "cur" / f"{key}{self.box.colon}2,S")


def _letter(path: Path) -> Letter:
    try:
        return Letter(path.name, path.read_bytes() if path.stat().st_size <= LARGEST else None)
    except OSError:
        return Letter(path.name, None, unreadable=True)


class _Mbox:
    """The newest mails; nothing is locked and nothing written."""

    def __init__(self, path: Path) -> None:
        self.box = files.mbox(path, create=False)

    def letters(self, limit: int) -> Iterator[Letter]:
        try:
            for key in self.box.keys()[-limit:]:
                raw = self.box.get_bytes(key)
                yield Letter(str(key), raw if len(raw) <= LARGEST else None)
        finally:
            self.box.close()

    def done(self, letter: Letter) -> None:
        """Its Message-ID is kept by the reader."""


class ImapMailbox:
    """IMAP4rev1 over TLS (RFC 3501, 8314): unseen mails are fetched without marking them, and marked when done."""

    def __init__(self, settings: Settings, context: ssl.SSLContext | None = None) -> None:
        self.settings = settings
        self.name = f"{settings.imap_user}@{settings.imap_host}"
        self.context = context or ssl.create_default_context()

    @contextmanager
    def open(self) -> Iterator[OpenMailbox]:
        s = self.settings
        server = None
        try:
            server = imaplib.IMAP4_SSL(s.imap_host, s.imap_port, ssl_context=self.context, timeout=TIMEOUT)
            server.login(s.imap_user, s.imap_password)
            _ok(server.select(_quoted(s.imap_folder)), f"mappen {s.imap_folder} kan ikke åbnes")
            yield _Imap(server)
        except (OSError, imaplib.IMAP4.error) as exc:
            raise MailboxFailed(f"{s.imap_host} svarer ikke, som det skal: {_said(exc)}") from exc
        finally:
            if server is not None:
                with suppress(OSError, imaplib.IMAP4.error):
                    server.logout()


class _Imap:
    def __init__(self, server: imaplib.IMAP4) -> None:
        self.server = server

    def letters(self, limit: int) -> Iterator[Letter]:
        [found] = _ok(self.server.uid("SEARCH", "UNSEEN"), "søgningen lykkedes ikke")[:1] or [b""]
        for uid in (found or b"").decode("ascii").split()[:limit]:
            try:
                raw = self._fetch(uid)
            except MailboxFailed:
                yield Letter(uid, None, unreadable=True)
            else:
                yield Letter(uid, raw)

    def _fetch(self, uid: str) -> bytes | None:
        """By its size first, so that no mail fills the memory."""
        told = _ok(self.server.uid("FETCH", uid, "(RFC822.SIZE)"), "en mail kan ikke hentes")
        size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(_flat(told)))
        if size is None or int(size[1]) > LARGEST:
            return None
        told = _ok(self.server.uid("FETCH", uid, "(BODY.PEEK[])"), "en mail kan ikke hentes")
        return next((part[1] for part in told if isinstance(part, tuple)), None)

    def done(self, letter: Letter) -> None:
        _ok(self.server.uid("STORE", letter.key, "+FLAGS.SILENT", r"(\Seen)"), "en mail kan ikke mærkes som læst")


def _ok(answer: tuple[str, Any], otherwise: str) -> list[Any]:
    """The data of an answer. Raises MailboxFailed."""
    status, data = answer
    if status != "OK":
        raise MailboxFailed(otherwise)
    return list(data)


def _flat(told: list[Any]) -> list[bytes]:
    return [piece for part in told for piece in (part if isinstance(part, tuple) else (part,)) if piece]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _said(exc: BaseException) -> str:
    """What a server said, short, as text."""
    first = exc.args[0] if exc.args else exc
    return (first.decode("utf-8", "replace") if isinstance(first, bytes) else str(exc))[:200]
