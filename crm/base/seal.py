"""Secrets that the product must be able to read again (calendar links and passwords), encrypted at rest.

Fernet (AES-128-CBC with HMAC-SHA256) of the ``cryptography`` package. The key comes from ``CRM_CREDENTIALS_KEY``: one
or more of any text separated by commas, of which the first seals and all open, so that a key can be replaced; without
it from ``CRM_SECRET_KEY``.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crm.base.settings import Settings


class SealBroken(Exception):
    """The text was sealed with a key that is not known any more, or was changed."""


@dataclass(frozen=True)
class Vault:
    """Seals and opens short texts. An empty text stays empty."""

    _keys: MultiFernet
    replaces: bool = False
    """There are former keys, that something may still be sealed with."""

    @classmethod
    def of(cls, settings: Settings) -> Vault:
        texts = [part.strip() for part in settings.credentials_key.split(",") if part.strip()]
        return cls(MultiFernet([Fernet(_derived(text)) for text in texts or [settings.secret_key]]), len(texts) > 1)

    def seal(self, text: str) -> str:
        return self._keys.encrypt(text.encode()).decode("ascii") if text else ""

    def open(self, sealed: str) -> str:
        """Raises SealBroken."""
        if not sealed:
            return ""
        try:
            return self._keys.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, ValueError) as exc:
            raise SealBroken("sealed with another key") from exc

    def renewed(self, sealed: str) -> str:
        """The same text sealed with the first key. Raises SealBroken."""
        return self.seal(self.open(sealed))


def _derived(text: str) -> bytes:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"calendar credentials").derive(text.encode())
    return base64.urlsafe_b64encode(key)
