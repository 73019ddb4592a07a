"""Every setting of the product in one place, read from the environment once at start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crm.base.errors import ConfigurationError

REPOSITORY = Path(__file__).resolve().parents[2]


def default_data_dir() -> Path:
    """The folder for the embedded database and file-adapter mail: ./var of a checkout, else ~/.jobaabner."""
    if (REPOSITORY / "pyproject.toml").exists():
        return REPOSITORY / "var"
    return Path.home() / ".jobaabner"


@dataclass(frozen=True)
class Settings:
    """One field a setting; the environment variable is the name in capitals after ``CRM_``."""

    data_dir: Path = field(default_factory=default_data_dir)
    database_url: str = ""
    secret_key: str = ""
    base_url: str = "http://127.0.0.1:8000"
    env: str = "development"
    clock: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    mail_adapter: str = "file"
    mail_from: str = "Jobåbner <noreply@jobaabner.invalid>"
    smtp_host: str = "localhost"
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = ""
    smtp_tls: bool = False
    sms_adapter: str = "file"
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_from: str = ""
    limiter_url: str = "memory://"
    sign_in_limit: str = "10 per minute"
    sign_in_limit_address: str = "300 per minute"
    trusted_proxies: int = 0
    upload_max_mb: int = 64

    @property
    def production(self) -> bool:
        return self.env == "production"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``CRM_*`` variables. Raises ConfigurationError naming the variable and the remedy."""
        environ = os.environ if environ is None else environ
        values: dict[str, object] = {}
        for name, spec in cls.__dataclass_fields__.items():
            raw = environ.get(f"CRM_{name.upper()}")
            if raw is not None and raw != "":
                values[name] = _parse(name, raw, str(spec.type))
        return _completed(cls(**values))  # type: ignore[arg-type]


def _parse(name: str, raw: str, kind: str) -> object:
    try:
        if kind == "int":
            return int(raw)
        if kind == "bool":
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[raw.lower()]
    except (ValueError, KeyError) as exc:
        raise ConfigurationError(f"CRM_{name.upper()}={raw!r} is not a valid {kind}; correct it or unset it.") from exc
    return Path(raw) if kind == "Path" else raw


def _completed(settings: Settings) -> Settings:
    from dataclasses import replace

    if settings.production and not settings.secret_key:
        raise ConfigurationError("CRM_SECRET_KEY must be set when CRM_ENV=production (32 random bytes or more).")
    if settings.production and settings.clock:
        raise ConfigurationError("CRM_CLOCK is refused when CRM_ENV=production; unset it.")
    database_url = settings.database_url or f"sqlite:///{settings.data_dir / 'crm.sqlite3'}"
    if database_url.startswith("postgresql://"):
        database_url = "postgresql+psycopg://" + database_url.removeprefix("postgresql://")
    return replace(settings, database_url=database_url, secret_key=settings.secret_key or _local_secret(settings))


def _local_secret(settings: Settings) -> str:
    """A secret kept beside the embedded database, so that sign-ins outlive a restart."""
    path = settings.data_dir / "secret_key"
    if path.exists():
        return path.read_text(encoding="ascii").strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_hex(32)
    path.touch(mode=0o600)
    path.write_text(secret, encoding="ascii")
    return secret
