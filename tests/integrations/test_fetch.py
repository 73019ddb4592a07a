"""Reading calendars over HTTP: politely, with limits, and never inside our own network. Real servers on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crm.integrations import fetch
from crm.integrations.fetch import LARGEST, FetchFailed, HttpFetcher, check_address, retry_after

Answer = tuple[int, dict[str, str], bytes]
BODY = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-A:æøå\r\nEND:VCALENDAR\r\n".encode()


class Server:
    """Answers each path as told, and keeps the headers of every request."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                status, headers, body = outer.answers.get(self.path, (404, {}, b""))
                if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
                    status, body = 304, b""
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                with contextlib.suppress(OSError):  # the reader had enough
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.http.server_port}{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def failing(do: Callable[[], object]) -> str:
    with pytest.raises(FetchFailed) as failed:
        do()
    return failed.value.sentence


def test_a_calendar_is_read_and_asked_for_again_only_when_changed(server: Server) -> None:
    server.answers["/a.ics"] = (200, {"ETag": '"one"', "Last-Modified": "Mon, 02 Nov 2026 10:00:00 GMT"}, BODY)
    fetcher = HttpFetcher(5, allow_private=True)
    got = fetcher.get(server.url("/a.ics"))
    assert (got.text, got.etag) == (BODY.decode(), '"one"')
    again = fetcher.get(server.url("/a.ics"), etag=got.etag, last_modified=got.last_modified)
    assert again.text is None
    assert server.seen[1][1]["if-none-match"] == '"one"'
    assert server.seen[1][1]["if-modified-since"] == "Mon, 02 Nov 2026 10:00:00 GMT"
    assert "Jobaabner" in server.seen[0][1]["user-agent"]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_a_refusal_is_told_with_its_number(server: Server, status: int) -> None:
    server.answers["/a.ics"] = (status, {"Retry-After": "120"}, b"")
    with pytest.raises(FetchFailed) as failed:
        HttpFetcher(5, allow_private=True).get(server.url("/a.ics"))
    assert str(status) in failed.value.sentence
    assert failed.value.retry_after == timedelta(seconds=120)


def test_redirects_are_followed_but_not_in_circles(server: Server) -> None:
    server.answers["/a"] = (302, {"Location": "/b"}, b"")
    server.answers["/b"] = (301, {"Location": server.url("/c")}, b"")
    server.answers["/c"] = (200, {}, BODY)
    server.answers["/round"] = (302, {"Location": "/round"}, b"")
    fetcher = HttpFetcher(5, allow_private=True)
    assert fetcher.get(server.url("/a")).text == BODY.decode()
    assert failing(lambda: fetcher.get(server.url("/round"))) == fetch.TOO_MANY_REDIRECTS
    assert len(server.seen) == 3 + fetch.MOST_REDIRECTS + 1


def test_too_large_a_calendar_is_left(server: Server) -> None:
    server.answers["/a"] = (200, {}, b"x" * (LARGEST + 1))
    assert failing(lambda: HttpFetcher(20, allow_private=True).get(server.url("/a"))) == fetch.TOO_LARGE


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert failing(lambda: HttpFetcher(0.2, allow_private=True).get(address)) == fetch.SILENT
    assert failing(lambda: HttpFetcher(0.2, allow_private=True).get(address)) == fetch.SILENT


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "2130706433", "0x7f.1"])  # noqa: S104
def test_our_own_machine_is_never_asked(server: Server, host: str) -> None:
    server.answers["/a"] = (200, {}, BODY)
    assert failing(lambda: HttpFetcher(5).get(server.url("/a", host))) in (fetch.PRIVATE, fetch.UNKNOWN_HOST)
    assert server.seen == []


@pytest.mark.parametrize(
    "host",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[fec0::1]",
        "240.0.0.1",
    ],
)
def test_closed_networks_are_refused(host: str) -> None:
    assert failing(lambda: check_address(f"https://{host}/a.ics", False)) == fetch.PRIVATE
    assert check_address(f"https://{host}/a.ics", True) == f"https://{host}/a.ics"


def test_a_name_that_stands_for_a_closed_address_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check holds at the connection itself: a name that turns after the first look gains nothing."""
    real, asked = socket.getaddrinfo, []

    def turning(host: str, port: int, *args: object, **more: object) -> object:
        asked.append(host)
        if host == "turning.example" and len(asked) == 1:
            return real("93.184.215.14", port, type=socket.SOCK_STREAM)
        return real("127.0.0.1", port, type=socket.SOCK_STREAM)

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    server.answers["/a"] = (200, {}, BODY)
    assert failing(lambda: HttpFetcher(5).get(server.url("/a", "turning.example"))) == fetch.PRIVATE
    assert asked == ["turning.example", "turning.example"]
    assert failing(lambda: HttpFetcher(5).get(server.url("/a", "inside.example"))) == fetch.PRIVATE
    assert server.seen == []


def test_a_redirect_to_a_closed_address_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first server counts as public here; where it sends us does not."""
    monkeypatch.setattr(fetch, "_public", lambda text: text == "127.0.0.1")
    for onwards in ("http://127.0.0.2:1/", "http://169.254.169.254/latest", "file:///etc/passwd", "gopher://x/"):
        server.answers["/a"] = (302, {"Location": onwards}, b"")
        assert failing(lambda: HttpFetcher(5).get(server.url("/a"))) in (fetch.PRIVATE, fetch.NO_ADDRESS)


@pytest.mark.parametrize(
    "address", ["", "kalender", "ftp://a.dk/x", "file:///etc/passwd", "http://", "http://[x/", "http://a:b/"]
)
def test_what_is_no_address(address: str) -> None:
    assert failing(lambda: check_address(address, True)) == fetch.NO_ADDRESS


def test_webcal_is_https() -> None:
    assert check_address("webcal://127.0.0.1/a.ics#x", True) == "https://127.0.0.1/a.ics"


def test_when_to_come_again() -> None:
    assert retry_after("90") == timedelta(seconds=90)
    assert retry_after("99999999") == timedelta(days=1)
    assert retry_after("Mon, 02 Nov 2020 10:00:00 GMT") == timedelta()
    assert retry_after("i morgen") is None


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\nBEGIN:VCALENDAR"])
def test_a_server_that_drips_is_given_up(head: bytes) -> None:
    """Each silence is short, and there is no end to them: in the headers or in the body."""
    enough = threading.Event()
    with socket.socket() as dripping:
        dripping.bind(("127.0.0.1", 0))
        dripping.listen()

        def drip() -> None:
            line, _ = dripping.accept()
            with line, contextlib.suppress(OSError):
                line.sendall(head)
                while not enough.wait(0.02):
                    line.sendall(b"x")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{dripping.getsockname()[1]}/"
        assert failing(lambda: HttpFetcher(0.5, allow_private=True).get(address)) == fetch.SILENT
        enough.set()
        thread.join(10)


def test_no_log_says_what_was_asked(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    server.answers["/hemmelig.ics"] = (200, {}, BODY)
    HttpFetcher(5, allow_private=True).get(server.url("/hemmelig.ics"))
    assert len(server.seen) == 1
    assert "hemmelig" not in caplog.text
