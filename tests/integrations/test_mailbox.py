"""The mailbox: folder, Maildir and mbox as files; IMAP spoken over TLS with a small server; settings and doctor."""

from __future__ import annotations

import mailbox as files
import re
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from crm.base.errors import ConfigurationError
from crm.base.settings import Settings
from crm.integrations.mailbox import LARGEST, FolderMailbox, ImapMailbox, MailboxFailed, make_mailbox

RAW = b"Message-ID: <%d@x>\r\nSubject: Svar\r\n\r\nJa\r\n"
SECRET = 'kode "med" tegn'


def read(box: FolderMailbox | ImapMailbox, *, done: bool = True) -> list[bytes | None]:
    found = []
    with box.open() as opened:
        for letter in opened.letters(100):
            found.append(letter.raw)
            if done:
                opened.done(letter)
    return found


def test_a_folder_of_files_is_emptied_into_its_read_ones(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.eml").write_bytes(RAW % number)
    (tmp_path / "note.txt").write_text("ikke en mail")
    (tmp_path / "9.eml").write_bytes(b"x" * (LARGEST + 1))
    box = FolderMailbox(tmp_path)
    assert read(box, done=False) == read(box, done=False) == [RAW % 0, RAW % 1, RAW % 2, None]
    assert len(read(box)) == 4
    assert read(box) == []
    assert len(list((tmp_path / "read").iterdir())) == 4


def test_a_maildir_keeps_its_mails_as_seen(tmp_path: Path) -> None:
    theirs = files.Maildir(tmp_path / "box", create=True)
    for number in range(2):
        theirs.add(RAW % number)
    box = FolderMailbox(tmp_path / "box")
    found = sorted(raw.replace(b"\r\n", b"\n") for raw in read(box) if raw)
    assert found == [(RAW % number).replace(b"\r\n", b"\n") for number in range(2)]
    assert read(box) == []
    assert [message.get_flags() for message in files.Maildir(tmp_path / "box")] == ["S", "S"]


def test_an_mbox_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    theirs = files.mbox(path)
    for number in range(3):
        theirs.add(RAW % number)
    theirs.flush()
    before = path.read_bytes()
    found = read(FolderMailbox(path))
    assert len(found) == 3
    assert all(raw is not None and b"Message-ID: <" in raw for raw in found)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(MailboxFailed, match="CRM_MAILBOX_PATH"):
        read(FolderMailbox(tmp_path / "nowhere"))


class ImapServer(threading.Thread):
    """Speaks what the reader needs of IMAP4rev1 over TLS: LOGIN, SELECT, UID SEARCH, FETCH and STORE, LOGOUT.

    ``mails``: by UID. ``broken``: the command that is answered NO; ``cut``: the one at which the line is cut.
    """

    def __init__(self, context: ssl.SSLContext, mails: dict[int, bytes], broken: str = "", cut: str = "") -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context, self.mails, self.broken, self.cut = context, mails, broken, cut
        self.seen: set[int] = set()
        self.said: list[str] = []

    def run(self) -> None:
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.context.wrap_socket(raw, server_side=True) as line, line.makefile("rwb") as stream:
                    self._talk(stream)
            except OSError:
                continue

    def _talk(self, stream) -> None:
        def say(text: bytes) -> None:
            stream.write(text + b"\r\n")
            stream.flush()

        say(b"* OK ready")
        for heard in stream:
            tag, _, command = heard.decode().strip().partition(" ")
            self.said.append(command)
            if self.cut and command.startswith(self.cut):
                return
            for answer in self._answers(command):
                say(answer)
            verdict = "NO sorry" if self.broken and command.startswith(self.broken) else "OK done"
            say(f"{tag} {verdict}".encode())
            if command == "LOGOUT":
                return

    def _answers(self, command: str) -> list[bytes]:
        if self.broken and command.startswith(self.broken):
            return []
        if command == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1"]
        if command.startswith("SELECT"):
            return [b"* %d EXISTS" % len(self.mails), b"* OK [UIDVALIDITY 7] fine"]
        if command == "UID SEARCH UNSEEN":
            return [b"* SEARCH" + b"".join(b" %d" % uid for uid in self.mails if uid not in self.seen)]
        if found := re.fullmatch(r"UID FETCH (\d+) \(RFC822\.SIZE\)", command):
            uid = int(found[1])
            return [b"* 1 FETCH (UID %d RFC822.SIZE %d)" % (uid, len(self.mails[uid]))]
        if found := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]\)", command):
            uid, raw = int(found[1]), self.mails[int(found[1])]
            return [b"* 1 FETCH (UID %d BODY[] {%d}\r\n%s)" % (uid, len(raw), raw)]
        if found := re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Seen\)", command):
            self.seen.add(int(found[1]))
        return []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's key and certificate for 127.0.0.1, made here."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


def serve(certificate: Path, mails: dict[int, bytes], **trouble: str) -> tuple[ImapServer, ImapMailbox]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ImapServer(context, mails, **trouble)
    server.start()
    trusting = ssl.create_default_context(cafile=str(certificate))
    settings = Settings(imap_host="127.0.0.1", imap_port=server.port, imap_user="svar", imap_password=SECRET)
    return server, ImapMailbox(settings, trusting)


def test_imap_brings_the_unseen_and_marks_what_is_done(certificate: Path) -> None:
    mails = {11: RAW % 11, 12: b"x" * (LARGEST + 1), 13: RAW % 13 + b"* OK not a line of the server\r\n"}
    server, box = serve(certificate, mails)
    assert read(box, done=False) == [mails[11], None, mails[13]]
    assert server.seen == set()
    assert read(box) == [mails[11], None, mails[13]]
    assert server.seen == {11, 12, 13}
    assert read(box) == []
    assert 'SELECT "INBOX"' in server.said
    assert server.said.count("LOGOUT") == 3
    assert not [said for said in server.said if said.startswith("UID FETCH 12 (BODY")]
    server.listener.close()


TROUBLE = [(how, command) for how in ("broken", "cut") for command in ("LOGIN", "SELECT", "UID SEARCH", "UID STORE")]


@pytest.mark.parametrize(("how", "command"), [*TROUBLE, ("cut", "UID FETCH")])
def test_an_imap_server_in_trouble_is_a_failure_that_says_which(certificate: Path, command: str, how: str) -> None:
    server, box = serve(certificate, {1: RAW % 1}, **{how: command})
    with pytest.raises(MailboxFailed) as failed:
        read(box)
    assert str(failed.value)
    assert SECRET not in str(failed.value)
    server.listener.close()


def test_a_mail_that_the_mailbox_does_not_give_stops_none_of_the_others(certificate: Path, tmp_path: Path) -> None:
    server, box = serve(certificate, {1: RAW % 1, 2: RAW % 2}, broken="UID FETCH 1 ")
    with box.open() as opened:
        found = [(letter.unreadable, letter.raw) for letter in opened.letters(10)]
    assert found == [(True, None), (False, RAW % 2)]
    server.listener.close()
    (tmp_path / "1.eml").mkdir()
    (tmp_path / "2.eml").write_bytes(RAW % 2)
    with FolderMailbox(tmp_path).open() as opened:
        found = [(letter.unreadable, letter.raw) for letter in opened.letters(10)]
    assert found == [(True, None), (False, RAW % 2)]


def test_a_server_that_is_not_there_or_not_believed_is_a_failure(certificate: Path) -> None:
    server, box = serve(certificate, {})
    stranger = ImapMailbox(box.settings)  # knows nothing of the certificate
    with pytest.raises(MailboxFailed, match="127.0.0.1"):
        read(stranger)
    assert not [said for said in server.said if said.startswith("LOGIN")]
    server.listener.close()
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    with pytest.raises(MailboxFailed, match="127.0.0.1"):
        read(ImapMailbox(Settings(imap_host="127.0.0.1", imap_port=port)))


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"CRM_MAILBOX": "pigeon"}, "CRM_MAILBOX"),
        ({"CRM_MAILBOX": "folder"}, "CRM_MAILBOX_PATH"),
        ({"CRM_MAILBOX": "imap", "CRM_IMAP_USER": "u", "CRM_IMAP_PASSWORD": "p"}, "CRM_IMAP_HOST"),
        ({"CRM_MAILBOX": "imap", "CRM_IMAP_HOST": "h", "CRM_IMAP_PASSWORD": "p"}, "CRM_IMAP_USER"),
        ({"CRM_MAILBOX": "imap", "CRM_IMAP_HOST": "h", "CRM_IMAP_USER": "u"}, "CRM_IMAP_PASSWORD"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(tmp_path: Path, environ: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), "CRM_SECRET_KEY": "x" * 32, **environ})


def test_the_configured_mailbox_is_made(tmp_path: Path) -> None:
    assert make_mailbox(Settings()) is None
    assert isinstance(make_mailbox(Settings(mailbox="folder", mailbox_path=tmp_path)), FolderMailbox)
    made = make_mailbox(Settings(mailbox="imap", imap_host="mail.example.dk", imap_user="svar", imap_password="x"))
    assert made is not None
    assert made.name == "svar@mail.example.dk"
