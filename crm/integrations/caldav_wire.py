"""HTTP to a calendar server: every address is checked before a password goes there, answers have a largest size, and
what goes wrong is told in a sentence for the calendar's owner. Nothing is logged."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx

from crm.base.errors import N_
from crm.integrations.fetch import FetchFailed, check_address, guarded_transport

LARGEST = 20_000_000
"""Bytes of one answer."""
_REDIRECTS = 5
LASTS = 300.0
"""Seconds a connection is good for, less than a reading may take before another may begin."""

WRONG_PASSWORD = N_(
    "Brugernavnet eller adgangskoden passer ikke. Skriv dem igen; nogle udbydere kræver en app-adgangskode."
)
FORBIDDEN = N_("Serveren giver ikke lov til det med denne konto. Tjek, at kontoen må læse og rette kalenderen.")
MISSING = N_("Kalenderen findes ikke på adressen. Tjek adressen, eller forbind kalenderen igen.")
SILENT = N_("Serveren svarer ikke. Vi prøver igen af os selv; tjek adressen, hvis det bliver ved.")
CERTIFICATE = N_("Serverens certifikat kan ikke godkendes, så adgangskoden er ikke sendt. Bed udbyderen rette det.")
PLAIN = N_("Adressen skal begynde med https://, ellers kan andre læse adgangskoden undervejs.")
STRANGE = N_("Serveren svarer ikke som en CalDAV-kalender. Tjek adressen.")
BROKEN = N_("Serveren melder om fejl lige nu. Vi prøver igen af os selv.")
ELSEWHERE = N_("Serveren sender videre til en fremmed adresse, så adgangskoden er ikke sendt dertil. Tjek adressen.")
TOO_LARGE = N_("Kalenderen fylder for meget til at blive læst. Slet gamle aftaler, eller vælg en anden kalender.")
NO_ETAG = N_(
    "Serveren siger ikke, hvornår en aftale er ændret, så vi skriver ikke i den: det kunne slette dine rettelser."
)
NONE_FOUND = N_("Der er ingen kalendere på adressen, som kan bruges. Tjek adressen og kontoen.")


class CalDavFailed(OSError):
    """The server did not do it. ``sentence``: a Danish msgid for the calendar's owner; ``status``: HTTP's, 0 without
    an answer. It never holds an address or a password."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


@dataclass(frozen=True)
class Account:
    """Where, as whom, and with what word."""

    address: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What the server answered, read to its end. ``url``: where, after redirects."""

    status: int
    headers: httpx.Headers
    content: bytes
    url: str


class Wire:
    """One account's connection. Passwords go to the address that was given and to hosts of the same domain, never
    without TLS unless private hosts are allowed."""

    def __init__(self, account: Account, allow_private: bool, timeout: float) -> None:
        self.address = completed(account.address)
        self.account = account
        self.allow_private = allow_private
        self.http = httpx.Client(
            auth=httpx.BasicAuth(account.username, account.password),
            timeout=httpx.Timeout(timeout),
            transport=guarded_transport(allow_private, LASTS),
            trust_env=False,
            follow_redirects=False,
            # plain: proxies that compress write another ETag than the server knows
            headers={"User-Agent": "Jobaabner-CalDAV/1.0", "Accept-Encoding": "identity"},
        )

    def send(
        self,
        method: str,
        url: str,
        body: str = "",
        *,
        depth: str = "",
        headers: dict[str, str] | None = None,
        accepts: tuple[int, ...] = (),
    ) -> Answer:
        """One request, redirects of reading ones followed. ``accepts``: statuses that are no failure. Raises
        CalDavFailed."""
        sent = {"Content-Type": "application/xml; charset=utf-8", **(headers or {})} if body else dict(headers or {})
        if depth:
            sent["Depth"] = depth
        for _hop in range(_REDIRECTS):
            answer = self._once(method, url, body, sent)
            if answer.status not in (301, 302, 307, 308) or method in ("PUT", "DELETE"):
                break
            url = urljoin(url, answer.headers.get("Location", ""))
        asks_digest = answer.status == 401 and "digest" in answer.headers.get("WWW-Authenticate", "").lower()
        if asks_digest and isinstance(self.http.auth, httpx.BasicAuth):
            self.http.auth = httpx.DigestAuth(self.account.username, self.account.password)
            return self.send(method, url, body, depth=depth, headers=headers, accepts=accepts)
        if answer.status >= 300 and answer.status not in accepts:
            raise CalDavFailed(_sentence(answer.status), answer.status)
        return answer

    def _once(self, method: str, url: str, body: str, headers: dict[str, str]) -> Answer:
        self._guard(url)
        try:
            with self.http.stream(method, url, content=body.encode() or None, headers=headers) as told:
                content = bytearray()
                for piece in told.iter_bytes():
                    content += piece
                    if len(content) > LARGEST:
                        raise CalDavFailed(STRANGE, told.status_code)
                return Answer(told.status_code, told.headers, bytes(content), str(told.url))
        except httpx.HTTPError as exc:
            raise CalDavFailed(CERTIFICATE if _certificate(exc) else SILENT) from None
        except FetchFailed as refused:
            raise CalDavFailed(refused.sentence) from None
        except (httpx.InvalidURL, UnicodeError):
            raise CalDavFailed(STRANGE) from None

    def _guard(self, url: str) -> None:
        """Where may the password go? Raises CalDavFailed."""
        try:
            there, here = urlsplit(url), urlsplit(self.address)
        except ValueError:
            raise CalDavFailed(STRANGE) from None
        if there.scheme != "https" and not self.allow_private:
            raise CalDavFailed(PLAIN)
        if _domain(there.hostname) != _domain(here.hostname) or (here.scheme == "https" != there.scheme):
            raise CalDavFailed(ELSEWHERE)
        try:
            check_address(url, self.allow_private)
        except FetchFailed as refused:
            raise CalDavFailed(refused.sentence) from None


def completed(address: str) -> str:
    """As people type it: ``caldav://`` means https, and so does nothing at all. A password inside is left out:
    addresses are shown, passwords have a field of their own."""
    text = re.sub(r"^([a-z]+://)?[^/?#]*@", r"\1", address.strip(), flags=re.IGNORECASE)
    for typed, meant in (("caldavs://", "https://"), ("caldav://", "https://"), ("webcal://", "https://")):
        if text.lower().startswith(typed):
            text = meant + text[len(typed) :]
    return text if "://" in text else f"https://{text}"


def _domain(host: str | None) -> str:
    """The last two labels: iCloud's calendars lie on another host of the same domain. An IP address is its own."""
    name = (host or "").lower().rstrip(".")
    return name if name.replace(".", "").isdigit() or ":" in name else ".".join(name.split(".")[-2:])


def _certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _sentence(status: int) -> str:
    if status in (404, 409, 410):
        return MISSING
    return {401: WRONG_PASSWORD, 403: FORBIDDEN}.get(status, BROKEN if status >= 500 or status == 429 else STRANGE)
