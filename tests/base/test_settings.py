"""Settings come from the environment; wrong ones are refused with the variable's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.base.errors import ConfigurationError
from crm.base.settings import Settings


def test_the_embedded_database_needs_no_setting(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)})
    assert settings.database_url == f"sqlite:///{tmp_path / 'crm.sqlite3'}"


def test_the_local_secret_outlives_a_restart_and_is_private(tmp_path: Path) -> None:
    first = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)})
    assert Settings.from_environment({"CRM_DATA_DIR": str(tmp_path)}).secret_key == first.secret_key
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_plain_postgresql_address_gets_its_driver(tmp_path: Path) -> None:
    url = Settings.from_environment(
        {"CRM_DATABASE_URL": "postgresql://x@h/d", "CRM_DATA_DIR": str(tmp_path)}
    ).database_url
    assert url == "postgresql+psycopg://x@h/d"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"CRM_PORT": "eight"}, "CRM_PORT"),
        ({"CRM_SMTP_TLS": "maybe"}, "CRM_SMTP_TLS"),
        ({"CRM_ENV": "production"}, "CRM_SECRET_KEY"),
        ({"CRM_ENV": "production", "CRM_SECRET_KEY": "x", "CRM_CLOCK": "2026-11-24T10:00:00+01:00"}, "CRM_CLOCK"),
    ],
)
def test_wrong_settings_are_refused_by_name(environ: dict[str, str], named: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), **environ})


@pytest.mark.parametrize("key", ["kort", "0123456789abcde", "0123456789abcdef,kort", "0123456789abcdef,", ","])
def test_a_key_that_can_be_guessed_seals_nothing(key: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CRM_CREDENTIALS_KEY") as refused:
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), "CRM_CREDENTIALS_KEY": key})
    assert key not in str(refused.value) or key == ","
    assert "\n" not in str(refused.value)


def test_keys_that_replace_each_other(tmp_path: Path) -> None:
    both = "den nye nøgle, lang nok, den gamle nøgle, lang nok"
    with pytest.raises(ConfigurationError):
        Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), "CRM_CREDENTIALS_KEY": both})
    both = "0123456789abcdef-ny,0123456789abcdef-gammel"
    made = Settings.from_environment({"CRM_DATA_DIR": str(tmp_path), "CRM_CREDENTIALS_KEY": both})
    assert made.credentials_key == both
