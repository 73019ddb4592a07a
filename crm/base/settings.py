"""Every setting of the product in one place, read from the environment once at start."""

from __future__ import annotations

import hashlib
import os
import re
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
    telephony: str = "manual"
    telephony_recording: bool = False
    twilio_api_key_sid: str = ""
    twilio_api_key_secret: str = ""
    twilio_twiml_app_sid: str = ""
    twilio_caller_id: str = ""
    twilio_edge: str = "roaming"
    twilio_region: str = ""
    limiter_url: str = "memory://"
    sign_in_limit: str = "10 per minute"
    sign_in_limit_address: str = "300 per minute"
    trusted_proxies: int = 0
    upload_max_mb: int = 64
    credentials_key: str = ""
    travel_engine: str = "embedded"
    travel_url: str = ""
    travel_timeout_ms: int = 2500
    travel_cache_days: int = 90
    geocoding: str = "none"
    geocoding_url: str = "https://adressevaelger.dk"
    geocoding_token: str = ""
    mailbox: str = "none"
    mailbox_path: Path = field(default_factory=Path)
    imap_host: str = ""
    imap_port: int = 993
    imap_user: str = ""
    imap_password: str = ""
    imap_folder: str = "INBOX"
    calendar_private_hosts: bool = False
    metrics_token: str = ""

    @property
    def production(self) -> bool:
        return self.env == "production"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """What the telephone provider signs its webhooks with; none: no webhook is believed."""
        fake = hashlib.sha256(f"telephony {self.secret_key}".encode()).hexdigest() if self.telephony == "fake" else ""
        return tuple(secret for secret in (self.twilio_auth_token, fake) if secret)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``CRM_*`` variables. Raises ConfigurationError naming the variable and the remedy."""
        return _completed(cls.as_written(environ))

    @classmethod
    def as_written(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """What the environment says, neither checked nor completed: for commands that need no data folder."""
        environ = os.environ if environ is None else environ
        values: dict[str, object] = {}
        for name, spec in cls.__dataclass_fields__.items():
            raw = environ.get(f"CRM_{name.upper()}")
            if raw is not None and raw != "":
                values[name] = _parse(name, raw, str(spec.type))
        return cls(**values)  # type: ignore[arg-type]


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
    _check_telephony(settings)
    _check_mailbox(settings)
    _check_geocoding(settings)
    _check_credentials(settings)
    check_travel(settings)
    database_url = settings.database_url or f"sqlite:///{settings.data_dir / 'crm.sqlite3'}"
    if database_url.startswith("postgresql://"):
        database_url = "postgresql+psycopg://" + database_url.removeprefix("postgresql://")
    return replace(settings, database_url=database_url, secret_key=settings.secret_key or _local_secret(settings))


TELEPHONY = ("manual", "tel", "twilio", "fake")
_TWILIO = {
    "twilio_account_sid": r"AC[0-9a-f]{32}",
    "twilio_auth_token": r"\S+",
    "twilio_api_key_sid": r"SK[0-9a-f]{32}",
    "twilio_api_key_secret": r"\S+",
    "twilio_twiml_app_sid": r"AP[0-9a-f]{32}",
    "twilio_caller_id": r"\+[1-9]\d{6,14}",
    "twilio_edge": r"[a-z0-9-]+",
    "twilio_region": r"([a-z]{2}\d)?",
    "base_url": r"https://.+",
}


def _check_telephony(settings: Settings) -> None:
    """Raises ConfigurationError naming the variable that is missing or wrong."""
    if settings.telephony not in TELEPHONY:
        raise ConfigurationError(f"CRM_TELEPHONY={settings.telephony!r} must be one of {', '.join(TELEPHONY)}.")
    if settings.telephony == "fake" and settings.production:
        raise ConfigurationError("CRM_TELEPHONY=fake is refused when CRM_ENV=production: its calls reach nobody.")
    if settings.telephony_recording and settings.telephony not in ("twilio", "fake"):
        raise ConfigurationError("CRM_TELEPHONY_RECORDING needs CRM_TELEPHONY=twilio; unset it.")
    for name, pattern in _TWILIO.items() if settings.telephony == "twilio" else ():
        value = str(getattr(settings, name))
        if not re.fullmatch(pattern, value):
            why = "is not set" if not value else "cannot be right"
            raise ConfigurationError(f"CRM_TELEPHONY=twilio: CRM_{name.upper()} {why}; it must match {pattern}")


SHORTEST_KEY = 16


def _check_credentials(settings: Settings) -> None:
    """Raises ConfigurationError; a key is never shown."""
    keys = [part.strip() for part in settings.credentials_key.split(",")] if settings.credentials_key else []
    if any(len(key) < SHORTEST_KEY for key in keys):
        raise ConfigurationError(
            f"CRM_CREDENTIALS_KEY: every key in it must have at least {SHORTEST_KEY} characters, better 32 random ones."
        )
    if settings.metrics_token and len(settings.metrics_token) < SHORTEST_KEY:
        raise ConfigurationError(f"CRM_METRICS_TOKEN must have at least {SHORTEST_KEY} characters; it opens /metrics.")


def _check_geocoding(settings: Settings) -> None:
    """Raises ConfigurationError naming the variable that is missing or wrong."""
    if settings.geocoding not in ("none", "adressevaelger"):
        raise ConfigurationError(f"CRM_GEOCODING={settings.geocoding!r} must be none or adressevaelger.")
    if settings.geocoding == "none":
        return
    if not re.fullmatch(r"https://\S+|http://(127\.0\.0\.1|localhost)(:\d+)?(/\S*)?", settings.geocoding_url):
        raise ConfigurationError("CRM_GEOCODING_URL must begin with https://: the token travels in the address.")
    if len(settings.geocoding_token) < 10:
        raise ConfigurationError("CRM_GEOCODING=adressevaelger: CRM_GEOCODING_TOKEN must be the service's own token.")


def check_travel(settings: Settings) -> None:
    """Raises ConfigurationError naming the variable that is missing or wrong; an address may hold a password and is
    never shown."""
    engine = settings.travel_engine
    if engine not in ("embedded", "osrm", "valhalla"):
        raise ConfigurationError(f"CRM_TRAVEL_ENGINE={engine!r} must be one of embedded, osrm, valhalla.")
    if engine != "embedded" and not re.fullmatch(r"https?://[^\s/?#]+(:\d+)?(/[^\s?#]*)?", settings.travel_url):
        why = "cannot be right" if settings.travel_url else "is not set"
        raise ConfigurationError(f"CRM_TRAVEL_ENGINE={engine}: CRM_TRAVEL_URL {why}; write http://host:port.")
    if not 100 <= settings.travel_timeout_ms <= 30_000:
        raise ConfigurationError("CRM_TRAVEL_TIMEOUT_MS must be from 100 to 30000.")
    if not 1 <= settings.travel_cache_days <= 3650:
        raise ConfigurationError("CRM_TRAVEL_CACHE_DAYS must be from 1 to 3650.")


def _check_mailbox(settings: Settings) -> None:
    """Raises ConfigurationError naming the variable that is missing or wrong."""
    needs = {"none": (), "folder": ("mailbox_path",), "imap": ("imap_host", "imap_user", "imap_password")}
    if settings.mailbox not in needs:
        raise ConfigurationError(f"CRM_MAILBOX={settings.mailbox!r} must be one of {', '.join(needs)}.")
    for name in needs[settings.mailbox]:
        if getattr(settings, name) in ("", Path()):
            raise ConfigurationError(f"CRM_MAILBOX={settings.mailbox}: CRM_{name.upper()} is not set.")


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
