"""Photograph every mail as a reader sees it, and write its text beside it.

    python -m tests.gallery.mails FOLDER [name …]    pictures of 375 and 700 px, in the light and in the dark

Exit code 1 when a mail asks the network for something or scrolls sideways.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from crm.integrations import render
from crm.integrations.render import render_mail
from crm.visits.rules import link
from tests.gallery import letters, mornings
from tests.gallery.letters import Example
from tests.gallery.shoot import ARGS, CHROMIUM

WIDTHS = (375, 700)
BASE_URL = "https://jobaabner.eksempel.invalid"


def examples() -> dict[str, Callable[[], list[Example]]]:
    """Template name -> its examples."""
    return letters.EXAMPLES | {
        "digest": mornings.digests,
        "digest_sms": mornings.sms,
        "board_digest": mornings.boards,
    }


def shoot(browser: Browser, html: str, path: Path, width: int, scheme: str) -> list[str]:
    """One picture; what is wrong with it."""
    page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)
    page.screenshot(path=path, full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    page.close()
    trouble = [f"{path.name}: asks for {url}" for url in asked if not url.startswith(("about:", "data:"))]
    return trouble + ([f"{path.name}: {wide} px too wide"] if wide > 0 else [])


def main(folder: Path, wanted: list[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    render.configure(BASE_URL)
    link.configure("gallery", BASE_URL, "noreply@jobaabner.invalid")
    trouble: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        for name, of in sorted(examples().items()):
            if wanted and name not in wanted:
                continue
            for special, context in of():
                stem = f"{name}-{special}" if special else name
                subject, text, html = render_mail(name, **context)
                (folder / f"{stem}.txt").write_text(f"{subject}\n\n{text}", "utf-8")
                for width in WIDTHS if html else ():
                    trouble += shoot(browser, html or "", folder / f"{stem}-{width}.png", width, "light")
                if html:
                    trouble += shoot(browser, html, folder / f"{stem}-dark.png", WIDTHS[0], "dark")
        browser.close()
    print("\n".join(trouble) or f"all written to {folder}")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
