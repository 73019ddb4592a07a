"""Every message the product writes, as it looks: text and HTML say the same, in Danish, whole, and short enough.

The templates are found by listing their folder, so that a new one without an example in tests/gallery fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.headerregistry import HeaderRegistry
from html.parser import HTMLParser
from typing import Any

import pytest

from crm.base.settings import REPOSITORY, Settings
from crm.integrations import render
from crm.integrations.mail import as_email
from crm.integrations.models import OutboxMessage
from crm.integrations.render import preheader, render_mail, shorten
from crm.integrations.sms_words import segments
from crm.visits.rules import link
from tests.conftest import NOW
from tests.gallery.mails import examples

FOLDER = REPOSITORY / "templates" / "email"
NAMES = sorted(path.name.removesuffix(".txt.j2") for path in FOLDER.glob("[!_]*.txt.j2"))
CASES = [(name, special) for name, of in sorted(examples().items()) for special, _ in of()]
MAILS = [case for case in CASES if not case[0].endswith("_sms")]
TEXTS = [case for case in CASES if case[0].endswith("_sms")]
LONGEST_LINE = 300
"""Paragraphs are single lines, so that a telephone wraps them; programs that do not wrap still show them."""
MACHINE = re.compile(
    r"\b(None|True|False|undefined|null|company|owed|due_on|TODO|lorem)\b|\{\{|\}\}|\{%|\w+_\w+@?\b(?!\S)"
)
ENGLISH = re.compile(r"\b(the|and|your|click|here|please|visit|follow|with|meeting|agreement)\b", re.IGNORECASE)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
LINK = re.compile(r"https?://[^\s\"'<>]+")


class Page(HTMLParser):
    """The words a reader sees, the links, and what the HTML is made of."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self._open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append((tag, values))
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag not in ("meta", "br", "img", "link"):
            hidden = "display:none" in (values.get("style") or "")
            self._open.append("hidden" if hidden or tag in ("style", "title", "head") else tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if "hidden" not in self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(autouse=True, scope="module")
def configured() -> Iterator[str]:
    """Links begin with the installation's own address."""
    base_url, mailbox = "https://jobaabner.eksempel.invalid", "noreply@jobaabner.invalid"
    render.configure(base_url)
    link.configure("test", base_url, mailbox)
    yield base_url
    render.configure(Settings.base_url)
    link.configure("test", Settings.base_url, mailbox)


def rendered(name: str, special: str) -> tuple[str, str, str | None]:
    return render_mail(name, **dict(examples()[name]())[special])


def test_every_template_has_an_example_and_every_mail_a_form_in_html() -> None:
    assert set(NAMES) == set(examples())
    mails = {name for name in NAMES if not name.endswith("_sms")}
    assert {path.name.removesuffix(".html.j2") for path in FOLDER.glob("[!_]*.html.j2")} == mails


@pytest.mark.parametrize(("name", "special"), CASES)
def test_it_is_whole_danish_and_short_enough(name: str, special: str) -> None:
    subject, text, html = rendered(name, special)
    assert len(subject) <= 78
    assert len(subject) >= 10 or name.endswith("_sms")
    assert subject == " ".join(subject.split())
    assert not subject.endswith((":", ",", "-"))
    seen = text + subject + (Page(html).text if html else "")
    shown = LINK.sub("", re.sub(r"\S+@\S+", "", seen))
    assert MACHINE.search(shown) is None, MACHINE.search(shown)
    assert ENGLISH.search(shown) is None, ENGLISH.search(shown)
    assert max(len(line) for line in text.splitlines()) <= LONGEST_LINE or name in ("visit_booked", "follow_up_agreed")
    assert "\n\n\n" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(("name", "special"), MAILS)
def test_text_and_html_say_the_same(name: str, special: str, configured: str) -> None:
    _subject, text, html = rendered(name, special)
    assert html is not None
    page = Page(html)
    links = {link.rstrip(".") for link in LINK.findall(text)}
    assert {link for link in page.links if link.startswith("http")} == links
    assert all(link.startswith((configured, "mailto:", "tel:")) for link in page.links)
    said = LINK.sub("", text)
    assert set(NUMBER.findall(said)) == set(NUMBER.findall(page.text)), "numbers, dates, times and telephones"
    assert set(re.findall(r"\S+@\S+\w", said)) == set(re.findall(r"\S+@\S+\w", page.text))
    names = {word for word in re.findall(r"\b[A-ZÆØÅ][\wæøå&'-]+\b", said) if word.isalpha() and len(word) > 3}
    assert {word for word in names if word.casefold() not in page.text.casefold()} <= ALLOWED.get(name, set())


ALLOWED: dict[str, set[str]] = {
    "digest": {"Marker"},
    "board_digest": {"Tavlen", "Jobcentre"},
    "board_link": {"Venlig"},
}
"""Capital words of the text that the HTML says otherwise (a button instead of a line before the link)."""


@pytest.mark.parametrize(("name", "special"), MAILS)
def test_html_is_made_for_mail_programs(name: str, special: str) -> None:
    subject, text, html = rendered(name, special)
    assert html is not None
    page = Page(html)
    tags = [tag for tag, _ in page.tags]
    assert not {"script", "img", "link", "iframe", "form", "svg"} & set(tags), "nothing that must be fetched"
    assert tags.count("h1") == 1
    assert dict(page.tags[0][1])["lang"] == "da"
    assert "width=device-width" in html
    assert f"<title>{subject.replace('&', '&amp;')}"[:40] in html.replace("&#39;", "'").replace("&#34;", '"')
    assert "max-width:6" in html
    assert "color-scheme" in html
    assert "display:none" in html, "what a list of mails shows beside the subject"
    assert preheader(text)
    assert len(html) < 100_000, "longer ones are cut by some programs"


@pytest.mark.parametrize(("name", "special"), MAILS)
def test_it_travels_as_a_mail(name: str, special: str) -> None:
    subject, text, html = rendered(name, special)
    row = OutboxMessage(
        id=1, channel="mail", dedupe_key="x", recipient="m@eksempel.invalid", subject=subject, body_text=text,
        body_html=html, attachments=[], created_at=NOW,
    )  # fmt: skip
    raw = as_email(row, "Jobåbner <noreply@jobaabner.invalid>").as_bytes()
    assert max(len(line) for line in raw.splitlines()) <= 998
    assert HeaderRegistry()("subject", subject) == subject


@pytest.mark.parametrize(("name", "special"), TEXTS)
def test_an_sms_is_at_most_three(name: str, special: str) -> None:
    _subject, text, html = rendered(name, special)
    assert html is None
    assert "\n\n" not in text.strip()
    assert "/besoeg/" in text or segments(text.strip()) <= 3  # a long public address: reminder_sms leaves it out


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("kort", "kort"), ("to  ord\nher", "to ord her"), ("a" * 90, "a" * 77 + "…"), ("ord " * 30, "ord " * 18 + "ord…")],
)
def test_a_subject_is_cut_between_words(words: str, wanted: str) -> None:
    assert shorten(words, 78) == wanted


def test_a_company_name_cannot_break_a_mail() -> None:
    for name, of in examples().items():
        for _special, context in of():
            visit = context.get("visit")
            if visit is None or name.endswith("_sms"):
                continue
            visit.workplace.name = 'Ødegård & Søn "<b>Tag</b>"\nA/S ' * 9
            subject, _text, html = render_mail(name, **context)
            assert len(subject) <= 78
            assert "\n" not in subject
            assert "<b>Tag" not in (html or "")
