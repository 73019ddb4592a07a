"""Reading a calendar from an address that a user gave: politely, with limits, and never inside our own network.

The guard resolves the name itself and connects to the very address that it has checked, so that a name which changes
between the check and the connection gains nothing. Redirects are followed one by one, each checked in the same way.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from crm.base.errors import N_

for _name in ("httpx", "httpcore"):  # they write every address they ask, and an address is a key
    logging.getLogger(_name).setLevel(logging.WARNING)

LARGEST = 5 * 2**20
MOST_REDIRECTS = 5
ACCEPT = "text/calendar, text/plain;q=0.5, */*;q=0.1"
AGENT = "Jobaabner/1.0 (calendar subscription)"
NO_ADDRESS = N_("Adressen er ikke et kalenderlink.")
PRIVATE = N_("Adressen ligger på et lukket netværk, som Jobåbner ikke henter fra.")
UNKNOWN_HOST = N_("Serveren findes ikke.")
SILENT = N_("Serveren svarer ikke.")
NO_SAFE_LINE = N_("Der kunne ikke laves en sikker forbindelse til serveren.")
TOO_LARGE = N_("Kalenderen fylder mere end 5 MB.")
TOO_MANY_REDIRECTS = N_("Serveren sender videre i ring.")
GONE = N_("Serveren svarer {status}: kalenderen findes ikke på adressen.")
CLOSED = N_("Serveren svarer {status}: linket giver ikke adgang.")
BUSY = N_("Serveren svarer {status}: den har for travlt.")
REFUSED = N_("Serveren svarer {status}.")


class FetchFailed(Exception):
    """``sentence``: why, in Danish, ready to be shown; ``retry_after``: when the server asked to be left alone."""

    def __init__(self, sentence: str, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_after = retry_after


@dataclass(frozen=True)
class Fetched:
    """``text`` None: not changed since ``etag`` or ``last_modified``."""

    text: str | None
    etag: str | None
    last_modified: str | None


class Fetcher(Protocol):
    """Something that reads calendars from addresses."""

    def get(self, address: str, *, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        """Raises FetchFailed."""
        ...


def check_address(address: str, allow_private: bool) -> str:
    """The address as it can be fetched (webcal made https). Raises FetchFailed.

    Every address that the name stands for must be a public one, unless ``allow_private``.
    """
    try:
        parts = urlsplit(address.strip())
        scheme = {"webcal": "https", "webcals": "https"}.get(parts.scheme.lower(), parts.scheme.lower())
        host, port = parts.hostname or "", parts.port or (443 if scheme == "https" else 80)
    except ValueError as exc:
        raise FetchFailed(NO_ADDRESS) from exc
    if scheme not in ("https", "http") or not host:
        raise FetchFailed(NO_ADDRESS)
    resolved(host, port, allow_private)
    return parts._replace(scheme=scheme, fragment="").geturl()


def resolved(host: str, port: int, allow_private: bool) -> list[str]:
    """The numeric addresses of a host, all of them allowed. Raises FetchFailed."""
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as exc:
        raise FetchFailed(UNKNOWN_HOST) from exc
    if not allow_private and not all(_public(text) for text in found):
        raise FetchFailed(PRIVATE)
    if not found:
        raise FetchFailed(UNKNOWN_HOST)
    return list(dict.fromkeys(found))


def _public(text: str) -> bool:
    address: Any = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner or address
    return bool(address.is_global) and not (
        address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    )


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class _Lasting(httpcore.NetworkStream):
    """A connection that ends after a while: a server that drips its headers or its answer holds up nobody for long."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner, self._until = inner, until

    def _left(self, timeout: float | None) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the connection has lasted too long")
        return min(left, timeout or left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Lasting(self._inner.start_tls(ssl_context, server_hostname, self._left(timeout)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Guarded(httpcore.NetworkBackend):
    """Connects only to addresses that the guard lets through."""

    def __init__(self, allow_private: bool, lasts: float) -> None:
        self._allow_private, self._lasts = allow_private, lasts
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        last: Exception = httpcore.ConnectError(host)
        for address in resolved(host, port, self._allow_private)[:3]:
            try:
                made = self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
                return _Lasting(made, time.monotonic() + self._lasts)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                last = exc
        raise last


def guarded_transport(allow_private: bool, lasts: float) -> httpx.HTTPTransport:
    """A transport for ``httpx.Client`` that connects to no address of our own network, whatever a name stands for; each
    connection is good for ``lasts`` seconds."""
    transport = httpx.HTTPTransport(trust_env=False)
    transport._pool._network_backend = _Guarded(allow_private, lasts)
    return transport


class HttpFetcher:
    """``timeout``: seconds for the whole of one fetch and for each silence in it."""

    def __init__(self, timeout: float = 20.0, allow_private: bool = False) -> None:
        self._timeout, self._allow_private = timeout, allow_private

    def get(self, address: str, *, etag: str | None = None, last_modified: str | None = None) -> Fetched:
        """Raises FetchFailed."""
        headers = {"User-Agent": AGENT, "Accept": ACCEPT}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        until = time.monotonic() + self._timeout
        try:
            with httpx.Client(
                transport=guarded_transport(self._allow_private, self._timeout), timeout=self._timeout, trust_env=False
            ) as client:
                return self._follow(client, check_address(address, self._allow_private), headers, until)
        except httpx.TimeoutException as exc:
            raise FetchFailed(SILENT) from exc
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as exc:
            raise FetchFailed(NO_SAFE_LINE if "SSL" in str(exc) else SILENT) from exc

    def _follow(self, client: httpx.Client, address: str, headers: dict[str, str], until: float) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            with client.stream("GET", address, headers=headers) as response:
                if response.status_code in (301, 302, 303, 307, 308) and "location" in response.headers:
                    onwards = urljoin(address, response.headers["location"])
                    if urlsplit(address).scheme == "https" and urlsplit(onwards).scheme == "http":
                        raise FetchFailed(NO_SAFE_LINE)
                    address = check_address(onwards, self._allow_private)
                    continue
                return self._read(response, until)
        raise FetchFailed(TOO_MANY_REDIRECTS)

    def _read(self, response: httpx.Response, until: float) -> Fetched:
        etag, last_modified = response.headers.get("etag"), response.headers.get("last-modified")
        if response.status_code == 304:
            return Fetched(None, etag, last_modified)
        if response.status_code != 200:
            raise FetchFailed(_sentence(response.status_code), retry_after(response.headers.get("retry-after", "")))
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST:
                raise FetchFailed(TOO_LARGE)
            if time.monotonic() > until:
                raise FetchFailed(SILENT)
        return Fetched(bytes(body).decode("utf-8-sig", errors="replace"), etag, last_modified)


def _sentence(status: int) -> str:
    if status in (404, 410):
        text = GONE
    elif status in (401, 403):
        text = CLOSED
    else:
        text = BUSY if status in (429, 503) else REFUSED
    return text.format(status=status)


def retry_after(text: str) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3), from now on; None for anything else."""
    if text.strip().isascii() and text.strip().isdigit():
        return timedelta(seconds=min(int(text), 86_400))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(timedelta(), min(moment - datetime.now(UTC), timedelta(days=1)))
