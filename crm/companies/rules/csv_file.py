"""Records of a CSV file, read as a stream: any of the usual encodings and delimiters, and what people's hands do to
such files. One stray quotation mark costs the row it stands in, not the rows after it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from crm.base.errors import N_
from crm.companies.rules.columns import LINES_SEARCHED, recognised

Record = tuple[int, Sequence[str], str | None]
"""Row number, cells, and why the row cannot be read at all (else None)."""

DELIMITERS = (";", ",", "\t", "|")
MAX_LINE = 4_000_000
MAX_LINES = 100
SNIFFED = 256 * 1024
UNCLOSED = N_("Et anførselstegn er åbnet, men ikke lukket i rækken")
TOO_LONG = N_("Rækken er længere end 4 mio. tegn")
UNREADABLE = N_("Rækken kan ikke læses som CSV")

csv.field_size_limit(2 * MAX_LINE)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """A byte that is no UTF-8 is taken for Windows-1252, so that one such name does not spoil a whole file."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("crm_windows", _as_windows)


def encoding_of(head: bytes) -> tuple[str, str]:
    """Python's encoding and error handler for a file that begins with ``head``."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "replace"
    half = len(head) // 2
    if half > 8 and head[1::2].count(0) > half * 0.6:
        return "utf-16-le", "replace"
    if half > 8 and head[0::2].count(0) > half * 0.6:
        return "utf-16-be", "replace"
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head)
    foreign = bool(re.search("[\udc80-\udcff]", text))
    genuine = bool(re.search("[\x80-\ud7ff\ue000-\U0010ffff]", text))
    return ("cp1252", "replace") if foreign and not genuine else ("utf-8-sig", "crm_windows")


class _Feed:
    """Lines for csv.reader, one record at a time: remembers what a record took, so that it can be given back."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._pushed: deque[str] = deque()
        self.taken: list[str] = []
        self.stopped = False

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        """csv.reader asks for a second line only while a quotation mark is open; ``stopped`` says it got none."""
        line = "" if len(self.taken) >= MAX_LINES else self.line()
        if not line:
            self.stopped = True
            raise StopIteration
        self.taken.append(line)
        return line

    def line(self) -> str:
        return self._pushed.popleft() if self._pushed else self._text.readline(MAX_LINE)

    def skip_line(self) -> None:
        """The rest of a line that was longer than MAX_LINE."""
        while (more := self.line()) and not more.endswith(("\n", "\r")):
            pass

    def push(self, lines: Sequence[str]) -> None:
        self._pushed.extendleft(reversed(lines))


class CsvRecords:
    """``header`` and its row number, and the records below when iterated."""

    def __init__(self, source: BinaryIO) -> None:
        head = source.read(SNIFFED)
        source.seek(0)
        encoding, errors = encoding_of(head)
        self._text = io.TextIOWrapper(source, encoding, errors, newline="")
        self._feed = _Feed(self._text)
        self.header: Sequence[str] = ()
        self.header_row = 1
        self._delimiter = ";"
        self._find_header()

    def _find_header(self) -> None:
        lines: list[str] = []
        while len(lines) < LINES_SEARCHED and (line := self._feed.line()):
            lines.append(line)
        best = 0
        for number, line in enumerate(lines, start=1):
            for delimiter in DELIMITERS:
                cells = next(csv.reader([line], delimiter=delimiter), [])
                found = recognised(cells)
                if found > best:
                    best, self.header, self.header_row, self._delimiter = found, cells, number, delimiter
        self._feed.push(lines[self.header_row :])

    def __iter__(self) -> Iterator[Record]:
        feed, number = self._feed, self.header_row
        reader = csv.reader(feed, delimiter=self._delimiter)
        while True:
            feed.taken, feed.stopped = [], False
            number += 1
            fault = None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells, fault = [], UNREADABLE
            if fault or feed.stopped or len(feed.taken) > 1 or len(feed.taken[0]) >= MAX_LINE:
                fault = fault or self._fault(cells)
            if fault:
                yield number, self._give_back(), fault
                reader = csv.reader(feed, delimiter=self._delimiter)
            else:
                yield number, cells, None

    def _fault(self, cells: Sequence[str]) -> str | None:
        """What is wrong with a record that took more than one line, or did not end."""
        if len(self._feed.taken[0]) >= MAX_LINE and not self._feed.taken[0].endswith(("\n", "\r")):
            self._feed.skip_line()
            return TOO_LONG
        if self._feed.stopped or any(self._swallowed(cell) for cell in cells):
            return UNCLOSED
        return None

    def _swallowed(self, cell: str) -> bool:
        """Whether a cell over several lines holds what looks like the rest of one row and the start of the next."""
        return (
            ("\n" in cell or "\r" in cell)
            and cell.count(self._delimiter) >= len(self.header) - 1
            and re.search(r"\d{8}", cell) is not None
        )

    def _give_back(self) -> list[str]:
        """The bad row's cells, cut plainly; the lines it had swallowed are read again as rows of their own."""
        first, *others = self._feed.taken or [""]
        self._feed.push(others)
        return first[:10_000].rstrip("\r\n").split(self._delimiter)

    def close(self) -> None:
        self._text.detach()
