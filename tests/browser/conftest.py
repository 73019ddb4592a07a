"""The product served on loopback, and browsers that watch what must never happen."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from waitress import create_server

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CRM_TEST_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE = ROOT / "build" / "axe" / "axe.min.js"
SHOTS = ROOT / "build" / "shots" / "browser"
PATIENCE = 20_000
"""Milliseconds that an assertion waits for what a busy machine is slow to show; nothing waits longer than it must."""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        missing = f"NO CHROMIUM at {CHROMIUM}, browser tests do not run; install Debian's chromium"
        if "browser" in os.environ.get("CRM_TEST_REQUIRE", ""):
            pytest.fail(missing)
        pytest.skip(missing)
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield made
        made.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """``app`` on a free loopback port, with CSRF on as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as found:
        yield found


class Watched:
    """A person's browser window; ``trouble`` collects console errors, page errors and requests to other hosts."""

    def __init__(self, context: BrowserContext, address: str, name: str) -> None:
        self.page: Page = context.new_page()
        self.address = address
        self.name = name
        self.trouble: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.trouble.append(f"page error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        # a 4xx answer is the product saying no, and the tests look at what it says
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.trouble.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.trouble.append(f"foreign request: {request.url}")

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def shot(self, name: str) -> None:
        """A picture for people to look at, and the accessibility check of what it shows, when all of it is there."""
        self.page.wait_for_load_state()
        SHOTS.mkdir(parents=True, exist_ok=True)
        usual = self.page.viewport_size or {"width": 1366, "height": 768}
        if not self.page.query_selector("body.call"):  # as tall as the page: bars at the bottom cover nothing
            height = self.page.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": usual["width"], "height": height})
        # without a style of Playwright's own, which the policy would rightly block
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True, caret="initial")
        self.page.set_viewport_size({"width": usual["width"], "height": usual["height"]})
        self.accessible(name)

    def accessible(self, name: str) -> None:
        # the window's own evaluate is outside the page's content policy
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, preload: false})", TAGS
        )
        told = [f"{v['id']}: {n['target']} {n['failureSummary']}" for v in found["violations"] for n in v["nodes"]]
        assert told == [], f"{self.name} at {name}"

    def sign_in(self, email: str, password: str) -> None:
        """By keyboard: the cursor stands in the first field."""
        self.go("/sign-in")
        self.page.locator("#email").focus()
        self.type(email)
        self.keys("Tab")
        self.type(password)
        self.keys("Enter")
        self.page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def window(browser: Browser, address: str) -> Iterator[Callable[..., Watched]]:
    """Open a window for a person; at the end none of them may have seen trouble."""
    contexts: list[BrowserContext] = []
    opened: list[Watched] = []

    def open_for(name: str, width: int = 1366, height: int = 768) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale="da-DK", timezone_id="Europe/Copenhagen"
        )
        contexts.append(context)
        opened.append(Watched(context, address, name))
        return opened[-1]

    yield open_for
    for context in contexts:
        context.close()
    assert [f"{watched.name}: {line}" for watched in opened for line in watched.trouble] == []
