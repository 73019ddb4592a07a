"""The company's own link to its visit: signed, bound to the contact's address, good until the visit begins. Pure."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from itsdangerous import BadData, URLSafeSerializer

from crm.base.errors import N_

PATH = "/besoeg/"
OLDEST = timedelta(days=400)
"""No link is older, however far the visit is moved."""
LARGEST_ID = 2**53
SALT = "visits.company-link"
REASONS = {
    "time": N_("Tiden passer os ikke"),
    "absent": N_("Den, I skulle møde, er her ikke den dag"),
    "staff": N_("Vi mangler ikke medarbejdere nu"),
    "wish": N_("Vi ønsker ikke besøget alligevel"),
    "other": N_("Andet"),
}
"""Why a company cancels."""
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outside:
    """What is said of this installation to the world outside: its public address, the mailbox, the signing key."""

    key: str
    base_url: str
    mailbox: str


_known = [Outside(secrets.token_hex(32), "http://127.0.0.1:8000", "noreply@jobaabner.invalid")]


def configure(secret_key: str, base_url: str, mail_from: str) -> None:
    """Set once when the product starts. Until then links are signed with a key that nobody knows."""
    _known[0] = Outside(secret_key, base_url.rstrip("/"), parseaddr(mail_from)[1])


def outside() -> Outside:
    return _known[0]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: which visit, for which contact, and when it was made."""

    visit_id: int
    contact: str
    made_at: datetime

    def is_for(self, visit_id: int, email: str | None) -> bool:
        """Whether the contact is still the one it was sent to."""
        wanted = _contact(visit_id, email or "")
        return bool(email) and self.visit_id == visit_id and hmac.compare_digest(self.contact, wanted)

    def is_too_old(self, now: datetime) -> bool:
        return not self.made_at - timedelta(days=1) <= now <= self.made_at + OLDEST


def token(visit_id: int, email: str, now: datetime) -> str:
    """The link's last part: URL-safe, the same all day, with nothing to be read in it but the visit's number."""
    return _serializer().dumps([visit_id, _contact(visit_id, email), (now - _EPOCH).days])


def url(visit_id: int, email: str, now: datetime) -> str:
    return f"{outside().base_url}{PATH}{token(visit_id, email, now)}"


def read(text: str) -> Claim | None:
    """None for whatever was not signed by us."""
    if not 20 <= len(text) <= 200:
        return None
    try:
        found = _serializer().loads(text)
    except BadData:
        return None
    if not isinstance(found, list) or [type(part) for part in found] != [int, str, int]:
        return None
    number, contact, day = found
    return Claim(number, contact, _EPOCH + timedelta(days=day)) if 0 < number < LARGEST_ID else None


def _serializer() -> URLSafeSerializer:
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(outside().key, salt=SALT, signer_kwargs=options)


def _contact(visit_id: int, email: str) -> str:
    """A keyed hash, so that the address cannot be guessed from the link."""
    said = f"{SALT} {visit_id} {email.strip().casefold()}"
    return hmac.new(outside().key.encode(), said.encode(), hashlib.sha256).hexdigest()[:16]
