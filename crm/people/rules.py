"""Passwords, tokens and names: pure rules."""

from __future__ import annotations

import hashlib
import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm.base.errors import N_

MINIMUM_LENGTH = 12
PARTNER_KINDS: dict[str, str] = {
    "unemployment_fund": N_("A-kasse"),
    "network": N_("Frivilligt netværk"),
    "other": N_("Anden organisation"),
}
_HASHER = PasswordHasher()
_FAST = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)


def hash_password(password: str, *, demo: bool = False) -> str:
    """argon2id with the library's defaults (RFC 9106 low-memory profile); ``demo`` users get a cheap one."""
    return str((_FAST if demo else _HASHER).hash(password))


def verify_password(password_hash: str, password: str) -> bool:
    try:
        return bool(_HASHER.verify(password_hash, password))
    except (VerificationError, InvalidHashError):
        return False


# Verified against when the user is unknown, so that the answer takes as long either way.
NOBODY = _HASHER.hash(secrets.token_hex(16))


def password_problem(password: str) -> str | None:
    """Why a password cannot be used, or None. Length decides (NIST SP 800-63B), not character classes."""
    if len(password) < MINIMUM_LENGTH:
        return N_("Adgangskoden skal have mindst 12 tegn")
    if len(set(password)) < 5:
        return N_("Adgangskoden gentager de samme få tegn")
    return None


def new_token() -> str:
    return "job_" + secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def initials_of(name: str) -> str:
    """``Karen Mønster`` -> ``KMØ``: first letter of the first name, first two of the last, as jobcentres use."""
    words = re.findall(r"[^\W\d_]+", name)
    if not words:
        return "?"
    if len(words) == 1:
        return str(words[0][:3].upper())
    return str((words[0][0] + words[-1][:2]).upper())
