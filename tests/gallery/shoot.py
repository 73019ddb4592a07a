"""Photograph the gallery at three widths and look for accessibility and policy errors.

    python -m tests.gallery.shoot [page …]    pictures go to build/shots/

Exit code 1 when axe finds a violation, a page breaks the content security policy,
asks another host for something, or scrolls sideways.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from .app import PAGES, ROOT, create_app

SHOTS = ROOT / "build" / "shots"
AXE = ROOT / "build" / "axe" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SIZES = {375: 812, 768: 1024, 1366: 768}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def serve() -> tuple[Any, str]:
    """Start the gallery on a free port in a thread; return the server and its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, create_app(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def axe(page: Page) -> list[str]:
    """Run axe in the page and return one line per violation."""
    # Evaluated by the debugger, so the strict policy of the page stays in force.
    page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
    return [
        f"axe {item['id']}: {item['help']} [{'; '.join(str(n['target'][0]) for n in item['nodes'][:4])}]"
        for item in result["violations"]
    ]


def _trouble(page: Page, base: str) -> list[str]:
    """Collect console errors, policy errors and requests to other hosts while the page lives."""
    found: list[str] = []
    page.on("console", lambda m: found.append(f"console: {m.text}") if m.type == "error" else None)
    page.on("pageerror", lambda e: found.append(f"script: {e}"))
    page.on(
        "request",
        lambda r: found.append(f"foreign: {r.url}") if not r.url.startswith((base, "data:")) else None,
    )
    page.on("response", lambda r: found.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
    return found


def visit(page: Page, base: str, name: str, width: int) -> list[str]:
    """Open one page at one width, photograph it, return what is wrong."""
    page.set_viewport_size({"width": width, "height": SIZES[width]})
    found = _trouble(page, base)
    page.goto(f"{base}/{name}", wait_until="load")
    page.evaluate("document.fonts.ready.then(() => true)")
    wrong = list(found)  # before the tools add styles of their own
    if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
        wrong.append("the page scrolls sideways")
    if not name.startswith("phoner"):
        # As tall as the page, so that bars fixed to the bottom do not cover the middle.
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": height})
    page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
    return [f"{name} {width}: {line}" for line in wrong + axe(page)]


def main(names: list[str]) -> int:
    """Photograph the named pages, or all of them."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    server, base = serve()
    problems: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for name in names or list(PAGES):
            for width in SIZES:
                page = browser.new_page()
                problems += visit(page, base, name, width)
                page.close()
        browser.close()
    server.shutdown()
    print("\n".join(problems) or f"{len(names or PAGES)} pages, nothing wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
