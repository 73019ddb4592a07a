"""Every page a role can reach by its links, on the demo's data: axe 0, no policy error, no foreign request, no dead
link, nothing wider than the screen, at 200 % zoom and on a telephone neither. One page of each route is opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from crm.cli.demo import demo
from tests.browser.conftest import Watched, served
from tests.conftest import PASSWORD, build_app

pytestmark = pytest.mark.browser
# files, answers and parts of pages that are not pages
NO_PAGE = re.compile(r"\.(csv|xlsx|ics|pdf|json|txt|eml)($|\?)|/attachments?/|/html$|^/visits/slots|^/static/|^/api/")
NARROW = (640, 375)  # px: 1280 at 200 % zoom, a telephone
PEOPLE = {
    "phoner1": (1366, 768),
    "consultant1": (375, 812),
    "lead1": (1366, 900),
    "region1": (1366, 900),
    "manager": (1366, 900),
    "admin": (1366, 900),
}


@pytest.fixture(scope="module")
def demo_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("demo")
    made = build_app(f"sqlite:///{folder / 'crm.sqlite3'}", folder)
    filled = made.test_cli_runner().invoke(demo, ["--format", "json"])
    assert filled.exit_code == 0, filled.output
    yield made
    made.extensions["crm.engine"].dispose()


@pytest.fixture
def address(demo_app: Flask) -> Iterator[str]:
    """Takes the place of the empty product's address."""
    with served(demo_app) as found:
        yield found


def endpoint(app: Flask, path: str) -> str | None:
    try:
        return str(app.url_map.bind("").match(urlsplit(path).path, "GET")[0])
    except HTTPException:
        return None


def too_wide(watched: Watched, width: int, height: int) -> list[str]:
    """By how much the page is wider than the screen, at the person's own width and narrower."""
    found = []
    for across in sorted({width, *NARROW}):
        watched.page.set_viewport_size({"width": across, "height": height})
        wide = watched.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            found.append(f"{urlsplit(watched.page.url).path} is {wide} px wider than {across}")
    watched.page.set_viewport_size({"width": width, "height": height})
    return found


@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_a_role_reaches_is_sound(demo_app: Flask, window: Callable[..., Watched], person: str) -> None:
    watched = window(person, *PEOPLE[person])
    watched.sign_in(f"{person}@demo.invalid", PASSWORD)
    waiting, seen, wrong = ["/"], set[str](), list[str]()
    while waiting:
        path = waiting.pop(0)
        route = endpoint(demo_app, path)
        if route is None:
            wrong.append(f"a link leads nowhere: {path}")
        if route is None or route in seen:
            continue
        seen.add(route)
        answer = watched.page.goto(watched.address + path)
        watched.page.wait_for_load_state("networkidle")
        if answer is None or answer.status != 200:
            wrong.append(f"{path}: {answer.status if answer else 'no answer'}")
            continue
        watched.shot(f"{person}{urlsplit(path).path.rstrip('/').replace('/', '-') or '-start'}")
        wrong += too_wide(watched, *PEOPLE[person])
        hrefs = watched.page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))")
        waiting += [href for href in hrefs if href.startswith("/") and not NO_PAGE.search(href)]
    assert wrong == []
    assert len(seen) >= 3
