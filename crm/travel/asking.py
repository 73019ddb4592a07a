"""Asking an engine over HTTP for many drives: in portions it takes, and around the places it does not know."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from time import monotonic
from urllib.parse import urlsplit

import httpx

from crm.travel.wire import Answer, Apart, OffNetwork, Pair, Request, Spot, TooMuch, Unanswered, Wire

MOST_BYTES = 32 * 1024 * 1024
SPARE = 64
"""Requests that one question may cost beyond its portions, to find out which places the engine does not know."""


class Asker:
    """Speaks to the engine at ``url``. Each request may take ``timeout_ms``; redirects are not followed, and proxies of
    the environment are passed by. Safe among threads."""

    def __init__(self, wire: Wire, url: str, timeout_ms: int) -> None:
        self.wire, self.url = wire, url.rstrip("/")
        self._timeout = timeout_ms / 1000
        self._client = httpx.Client(timeout=self._timeout, trust_env=False)

    @property
    def host(self) -> str:
        """Host and port, without a password that the address may hold."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def ask(self, pairs: Collection[Pair], found: dict[Pair, Answer]) -> set[Spot]:
        """Put the answers into ``found``; returns the places off the engine's network, whose pairs stay out.

        Raises Unanswered as soon as the engine fails; what was answered until then stands in ``found``.
        """
        task = _Task(found)
        for sources, targets in rectangles(pairs):
            for portion in self._portions(sources, targets):
                self._answer(*portion, task)
        return task.off

    def _portions(
        self, sources: Sequence[Spot], targets: Sequence[Spot]
    ) -> Iterable[tuple[Sequence[Spot], Sequence[Spot]]]:
        if self.wire.fits(sources, targets):
            yield sources, targets
            return
        for half in _halves(sources, targets):
            yield from self._portions(*half)

    def _answer(self, sources: Sequence[Spot], targets: Sequence[Spot], task: _Task) -> None:
        if not sources or not targets:
            return
        try:
            rows = self._table(sources, targets)
        except OffNetwork:
            task.off |= set(self._off(list(dict.fromkeys((*sources, *targets))), task))
            if task.take():
                rest = [[spot for spot in side if spot not in task.off] for side in (sources, targets)]
                self._answer(rest[0], rest[1], task)
        except Apart:
            self._islands(sources, targets, task)
        except TooMuch:
            for half in _halves(sources, targets):
                if task.take():
                    self._answer(*half, task)
        else:
            for source, row in zip(sources, rows, strict=True):
                task.found.update({(source, target): answer for target, answer in zip(targets, row, strict=True)})

    def _off(self, places: Sequence[Spot], task: _Task) -> Iterable[Spot]:
        """Those of the places that lie off the network, by halving: a table with one source tries all its targets."""
        if not task.take():
            return
        try:
            self._table(places[:1], places)
        except OffNetwork:
            if len(places) == 1:
                yield places[0]
            else:
                yield from self._off(places[: len(places) // 2], task)
                yield from self._off(places[len(places) // 2 :], task)
        except (Apart, TooMuch):
            return

    def _islands(self, sources: Sequence[Spot], targets: Sequence[Spot], task: _Task) -> None:
        """Answer each group of joined places for itself; between two groups there is no road."""
        if len(sources) == len(targets) == 1:
            task.found[sources[0], targets[0]] = None
            return
        group: dict[Spot, int] = {}
        rest = list(dict.fromkeys((*sources, *targets)))
        while rest:
            joined = {rest[0], *self._joined(rest[0], rest[1:], task)}
            group |= dict.fromkeys(joined, len(group))
            rest = [spot for spot in rest if spot not in joined]
        if task.left <= 0:
            return  # the groups may be wrong
        for pair in product(sources, targets):
            if group[pair[0]] != group[pair[1]]:
                task.found[pair] = None
        for number in sorted(set(group.values())):
            sides = [[spot for spot in side if group[spot] == number] for side in (sources, targets)]
            if len(sides[0]) < len(sources) or len(sides[1]) < len(targets):
                self._answer(sides[0], sides[1], task)

    def _joined(self, start: Spot, places: Sequence[Spot], task: _Task) -> Iterable[Spot]:
        """Those of the places that a road joins with ``start``, by halving."""
        if not places or not task.take():
            return
        try:
            self._table([start], places)
            yield from places
        except (Apart, OffNetwork, TooMuch):
            if len(places) > 1:
                yield from self._joined(start, places[: len(places) // 2], task)
                yield from self._joined(start, places[len(places) // 2 :], task)

    def _table(self, sources: Sequence[Spot], targets: Sequence[Spot]) -> list[list[Answer]]:
        status, body = self._send(self.wire.request(sources, targets))
        return self.wire.read(status, body, len(sources), len(targets))

    def _send(self, request: Request) -> tuple[int, object]:
        """Status and JSON body. A trickle of bytes is a time-out too."""
        method = "GET" if request.body is None else "POST"
        until, received = monotonic() + self._timeout, bytearray()
        try:
            with self._client.stream(method, self.url + request.path, json=request.body) as response:
                status = response.status_code
                for chunk in response.iter_bytes():
                    received += chunk
                    if monotonic() > until:
                        raise Unanswered("motoren blev ikke færdig med at svare i tide")
                    if len(received) > MOST_BYTES:
                        raise Unanswered("svaret er for stort")
        except httpx.TimeoutException as exc:
            raise Unanswered("motoren svarede ikke i tide") from exc
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise Unanswered(f"motoren kan ikke nås ({type(exc).__name__})") from exc
        if status >= 500 or 300 <= status < 400:
            raise Unanswered(f"motoren svarede HTTP {status}")
        try:
            return status, json.loads(received)
        except (ValueError, RecursionError) as exc:
            raise Unanswered(f"svaret er ikke JSON (HTTP {status})") from exc


@dataclass(slots=True)
class _Task:
    """One question: what was found, and how many more requests it may cost."""

    found: dict[Pair, Answer]
    off: set[Spot] = field(default_factory=set)
    left: int = SPARE

    def take(self) -> bool:
        self.left -= 1
        return self.left >= 0


def _halves(sources: Sequence[Spot], targets: Sequence[Spot]) -> tuple[tuple[Sequence[Spot], Sequence[Spot]], ...]:
    """The table cut in two along its longer side; none for a single pair."""
    if len(sources) == len(targets) == 1:
        return ()
    if len(sources) >= len(targets):
        half = len(sources) // 2
        return (sources[:half], targets), (sources[half:], targets)
    half = len(targets) // 2
    return (sources, targets[:half]), (sources, targets[half:])


def rectangles(pairs: Iterable[Pair]) -> list[tuple[list[Spot], list[Spot]]]:
    """Tables that hold the pairs: sources that miss the same targets (but for themselves) share one."""
    missing: dict[Spot, set[Spot]] = {}
    for source, target in pairs:
        missing.setdefault(source, set()).add(target)
    groups: list[tuple[list[Spot], set[Spot]]] = []
    known: dict[frozenset[Spot], int] = {}
    for source in sorted(missing):
        bare, full = frozenset(missing[source]), frozenset({*missing[source], source})
        number = known.get(full, known.get(bare))
        if number is None:
            number = len(groups)
            groups.append(([], set()))
            known[full] = known[bare] = number
        groups[number][0].append(source)
        groups[number][1].update(bare)
    return [(sources, sorted(targets)) for sources, targets in groups]
