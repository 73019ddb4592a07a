"""Links that are keys: signed by this installation, bound to a record and a secret of its receiver. Pure.

The same way for every page that is opened without signing in; each kind of link has a salt of its own, so that the one
never opens the other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr

from itsdangerous import BadData, URLSafeSerializer

LARGEST_ID = 2**53
SHORTEST, LONGEST = 20, 200
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
    """What a link says: which record, for whom, and on what day it was made."""

    links: Links
    number: int
    mark: str
    made_at: datetime

    def is_for(self, number: int, secret: str | None) -> bool:
        """Whether the secret (an address, a key) is still the one it was made with."""
        wanted = self.links.mark(number, secret or "")
        return bool(secret) and self.number == number and hmac.compare_digest(self.mark, wanted)

    def is_too_old(self, now: datetime) -> bool:
        return not self.made_at - timedelta(days=1) <= now <= self.made_at + self.links.good_for


@dataclass(frozen=True, slots=True)
class Links:
    """One kind of link: its salt, where its page lies, and how long one is good."""

    salt: str
    path: str
    good_for: timedelta

    def token(self, number: int, secret: str, now: datetime) -> str:
        """The link's last part: URL-safe, the same all day, with nothing to be read in it but the record's number."""
        return self._serializer().dumps([number, self.mark(number, secret), (now - _EPOCH).days])

    def url(self, number: int, secret: str, now: datetime) -> str:
        return f"{outside().base_url}{self.path}{self.token(number, secret, now)}"

    def read(self, text: str) -> Claim | None:
        """None for whatever was not signed by us."""
        if not SHORTEST <= len(text) <= LONGEST:
            return None
        try:
            found = self._serializer().loads(text)
        except BadData:
            return None
        if not isinstance(found, list) or [type(part) for part in found] != [int, str, int]:
            return None
        number, mark, day = found
        return Claim(self, number, mark, _EPOCH + timedelta(days=day)) if 0 < number < LARGEST_ID else None

    def mark(self, number: int, secret: str) -> str:
        """A keyed hash, so that the secret cannot be guessed from the link."""
        said = f"{self.salt} {number} {secret.strip().casefold()}"
        return hmac.new(outside().key.encode(), said.encode(), hashlib.sha256).hexdigest()[:16]

    def _serializer(self) -> URLSafeSerializer:
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeSerializer(outside().key, salt=self.salt, signer_kwargs=options)
