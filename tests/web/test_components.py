"""Layouts and macros, shown by the gallery: markup rules, wiring of forms, and a browser's opinion."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.gallery.app import PAGES, POLICY, ROOT, create_app
from tests.gallery.shoot import AXE, CHROMIUM

SHARED = sorted((ROOT / "templates" / "components").glob("*.html")) + sorted(
    (ROOT / "templates" / "layouts").glob("*.html")
)


@pytest.fixture(scope="module")
def gallery() -> FlaskClient:
    return create_app().test_client()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_renders_without_inline_code(gallery: FlaskClient, page: str) -> None:
    answer = gallery.get(f"/{page}")
    assert answer.status_code == 200
    assert not re.search(r"<[^>]+\sstyle=", answer.text)
    assert not re.search(r"<style|<script(?![^>]*\ssrc=)|<[^>]+\son[a-z]+=", answer.text)
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", answer.text)


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique_and_references_lead_somewhere(gallery: FlaskClient, page: str) -> None:
    text = gallery.get(f"/{page}").text
    ids = re.findall(r'\sid="([^"]+)"', text)
    if page != "components":  # shows the same field in two dresses
        assert len(ids) == len(set(ids))
    for attribute in ("aria-describedby", "aria-labelledby", "for"):
        for value in re.findall(rf'\s{attribute}="([^"]+)"', text):
            assert set(value.split()) <= set(ids), (attribute, value)


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_templates_are_small_and_say_what_they_take(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= 120
    assert lines[0].startswith("{#")


def test_every_macro_is_in_the_readme() -> None:
    readme = (ROOT / "templates" / "components" / "README.md").read_text("utf-8")
    inner = {"described", "notes", "label_of", "attributes", "axis_value", "figure", "row_link"}
    for path in (ROOT / "templates" / "components").glob("*.html"):
        for name in re.findall(r"{% macro ([a-z]\w*)\(", path.read_text("utf-8")):
            assert name in inner or name in readme, f"{path.name}: {name}"


def test_an_error_is_tied_to_its_field_and_to_the_summary(gallery: FlaskClient) -> None:
    text = gallery.get("/errors").text
    field = re.search(r'<input[^>]*id="name"[^>]*>', text)
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
    assert 'aria-describedby=" name-error"' in field[0] or 'aria-describedby="name-error"' in field[0]
    assert 'href="#name"' in text
    assert 'href="#channel-0"' in text
    assert "data-autofocus" in text


def test_icons_used_are_drawn(gallery: FlaskClient) -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "crm" / "static" / "icons.svg").read_text("utf-8")))
    for page in PAGES:
        used = set(re.findall(r"icons\.svg#([a-z-]+)", gallery.get(f"/{page}").text))
        assert used <= drawn, page


def test_a_disabled_time_keeps_its_reason(gallery: FlaskClient) -> None:
    text = gallery.get("/phoner").text
    refused = re.search(r'<label class="slot[^"]*is-off">.*?</label>', text, re.S)
    assert refused is not None
    assert " disabled" in refused[0]
    assert "kan ikke nås" in refused[0]


def test_the_gallery_runs_under_the_strict_policy(gallery: FlaskClient) -> None:
    assert gallery.get("/components").headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY


needs_browser = pytest.mark.skipif(
    not Path(CHROMIUM).exists() or not AXE.exists(), reason="needs Chromium and scripts/assets/fetch"
)


@pytest.mark.browser
@needs_browser
def test_axe_and_the_policy_find_nothing() -> None:
    from tests.gallery.shoot import main

    assert main([]) == 0
