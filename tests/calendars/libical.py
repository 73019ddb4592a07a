"""Checks an iCalendar file with Debian's libical (RFC 5545 and 5546) and with what libical is known to miss."""

from __future__ import annotations

import ctypes
import os
import re
from datetime import datetime
from functools import lru_cache

import pytest

METHODS_WITHOUT_ORGANIZER = ("PUBLISH",)
WORDS = {"STATUS": ("CONFIRMED", "TENTATIVE", "CANCELLED"), "TRANSP": ("OPAQUE", "TRANSPARENT")}


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    try:
        lib = ctypes.CDLL("libical.so.3")
    except OSError:
        return None
    lib.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    lib.icalparser_parse_string.restype = ctypes.c_void_p
    lib.icalrestriction_check.argtypes = [ctypes.c_void_p]
    lib.icalrestriction_check.restype = ctypes.c_int
    lib.icalcomponent_free.argtypes = [ctypes.c_void_p]
    lib.icalcomponent_as_ical_string_r.argtypes = [ctypes.c_void_p]
    lib.icalcomponent_as_ical_string_r.restype = ctypes.c_void_p
    lib.icalmemory_free_buffer.argtypes = [ctypes.c_void_p]
    return lib


def problems(ics: bytes) -> list[str]:
    """What is wrong with it, empty when nothing is. Skips the test, loudly, where libical is not installed."""
    lib = _library()
    if lib is None:
        if "libical" in os.environ.get("CRM_TEST_REQUIRE", ""):
            pytest.fail("CRM_TEST_REQUIRE asks for libical: install Debian's libical3")
        pytest.skip("NO LIBICAL (Debian libical3): calendar files are not checked")
    return [*_by_libical(lib, ics), *by_us(ics)]


def _by_libical(lib: ctypes.CDLL, ics: bytes) -> list[str]:
    root = lib.icalparser_parse_string(ics)
    if not root:
        return ["libical: cannot be parsed"]
    try:
        right = lib.icalrestriction_check(root)
        text = lib.icalcomponent_as_ical_string_r(root)  # with what the parser and the check complain of
        told = ctypes.cast(text, ctypes.c_char_p).value or b""
        lib.icalmemory_free_buffer(text)
    finally:
        lib.icalcomponent_free(root)
    plain = re.sub(rb"\r?\n[ \t]", b"", told).decode(errors="replace")
    found = [f"libical: {line}" for line in plain.splitlines() if line.startswith("X-LIC-ERROR")]
    return found or ([] if right else ["libical: restriction check fails"])


def by_us(ics: bytes) -> list[str]:
    """Line ends and lengths, UTF-8, UIDs, times, and who may be named where."""
    found: list[str] = []
    if not ics.endswith(b"\r\n") or re.search(rb"(?<!\r)\n|\r(?!\n)", ics):
        found.append("a line does not end with CRLF")
    for line in ics.split(b"\r\n"):
        if len(line) > 75:
            found.append(f"a line of {len(line)} octets")
        try:
            line.decode()
        except UnicodeDecodeError:
            found.append("a letter is torn apart by a fold, or the text is not UTF-8")
    text = re.sub(rb"\r\n[ \t]", b"", ics).decode(errors="replace")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text):
        found.append("a control character")
    method = re.search(r"^METHOD:(\S+)\r?$", text, re.M)
    if not re.search(r"^VERSION:2\.0\r?$", text, re.M) or not re.search(r"^PRODID:.+$", text, re.M):
        found.append("VERSION or PRODID is missing")
    events = re.findall(r"^BEGIN:VEVENT\r?\n(.*?)^END:VEVENT", text, re.M | re.S)
    keys = []
    for event in events:
        lines = _properties(event)
        found += _event_problems(lines, method[1] if method else None)
        keys.append((lines.get("UID", [""])[0], lines.get("RECURRENCE-ID", [""])[0]))
    if len(keys) != len(set(keys)):
        found.append("a UID stands twice")
    return found


def _properties(event: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in re.split(r"\r?\n", event.rstrip("\r\n")):
        match = re.fullmatch(r'([A-Z0-9-]+)((?:;[^:;"]+(?:"[^"]*")?)*):(.*)', line)
        if match is None:
            found.setdefault("?", []).append(line)
        else:
            found.setdefault(match[1], []).append(match[2] + ":" + match[3])
    return found


def _event_problems(lines: dict[str, list[str]], method: str | None) -> list[str]:
    found = [f"a line that is none: {line}" for line in lines.get("?", [])]
    needed = ("UID", "DTSTAMP") if method == "REPLY" else ("UID", "DTSTAMP", "DTSTART", "SEQUENCE", "SUMMARY")
    for name in needed:
        if len(lines.get(name, [])) != 1 or not lines[name][0].partition(":")[2]:
            found.append(f"{name} is missing or stands twice")
    for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED"):
        if any(not re.fullmatch(r":\d{8}T\d{6}Z", text) for text in lines.get(name, [])):
            found.append(f"{name} is not in UTC")
    found += [f"{name} is no time" for name in ("DTSTAMP", "DTSTART", "DTEND") if not _times_right(lines.get(name, []))]
    for name, words in WORDS.items():
        found += [f"{name}{text} is no {name}" for text in lines.get(name, []) if text.partition(":")[2] not in words]
    start, end = lines.get("DTSTART", [""])[0], lines.get("DTEND", [""])[0]
    if end and start.partition(":")[0] == end.partition(":")[0] and end <= start:
        found.append("DTEND does not lie after DTSTART")
    if method is None and "ATTENDEE" in lines:
        found.append("ATTENDEE in a publication")
    if method not in (None, *METHODS_WITHOUT_ORGANIZER) and not ("ORGANIZER" in lines and "ATTENDEE" in lines):
        found.append(f"{method} without ORGANIZER and ATTENDEE")
    if (method == "CANCEL") != (lines.get("STATUS") == [":CANCELLED"]) and method is not None:
        found.append("METHOD and STATUS do not agree")
    for text in (value for name in ("SUMMARY", "LOCATION", "DESCRIPTION") for value in lines.get(name, [])):
        value = text.partition(":")[2]
        if re.search(r"(?<!\\)(?:\\\\)*(?:[,;]|\\[^\\;,nN])", value) or re.search(r"(?<!\\)(?:\\\\)*\\$", value):
            found.append(f"a text that is not escaped: {value}")
    return found


def _times_right(values: list[str]) -> bool:
    for text in values:
        match = re.fullmatch(r"[^:]*:(\d{8})(?:T(\d{6})Z?)?", text)
        try:
            datetime.fromisoformat(f"{match[1]}T{match[2] or '000000'}" if match else "")
        except ValueError:
            return False
    return True
