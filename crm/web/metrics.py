"""Figures for Prometheus: this process's requests, and what the composition hands over from the database."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from flask import Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from crm.base.errors import NotFound
from crm.base.settings import Settings
from crm.web.edge import now, session
from crm.web.permit import PUBLIC, requires

log = logging.getLogger("crm.metrics")
Figures = Callable[[Session, datetime], Iterable[Metric]]
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1, 2.5, 5, 10)


class _Kept(Collector):
    """Figures that were read already."""

    def __init__(self, figures: Iterable[Metric]) -> None:
        self.figures = list(figures)

    def collect(self) -> Iterator[Metric]:
        return iter(self.figures)


def install(app: Flask, figures: Figures) -> None:
    """``/metrics``, and a count of every request by endpoint and class of status; never by address, which may hold
    names. Every process counts its own requests; ``figures`` are read from the database, so that all say the same."""
    registry = CollectorRegistry()
    labels = ("endpoint", "status")
    requests = Counter("crm_http_requests", "Requests answered by this process", labels, registry=registry)
    seconds = Histogram(
        "crm_http_request_duration_seconds", "Time to answer", ("endpoint",), registry=registry, buckets=BUCKETS
    )

    @app.before_request
    def _begin() -> None:
        g.metrics_began = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "unknown"
        requests.labels(endpoint, f"{response.status_code // 100}xx").inc()
        began = g.pop("metrics_began", None)
        if began is not None:
            seconds.labels(endpoint).observe(time.perf_counter() - began)
        return response

    @requires(PUBLIC)
    def metrics() -> Any:
        """For scrapers that bring the token; without a token of ours there is nothing here."""
        settings: Settings = current_app.extensions["crm.settings"]
        if not settings.metrics_token:
            raise NotFound
        if not _is_bearer(request.headers.get("Authorization", ""), settings.metrics_token):
            return Response("wrong token\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
        kept = CollectorRegistry()
        try:
            kept.register(_Kept(figures(session(), now())))
        except SQLAlchemyError as exc:
            log.error("no figures: %s", getattr(exc, "orig", None) or exc)
            return Response("the database does not answer\n", 503, mimetype="text/plain")
        return Response(generate_latest(kept) + generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    app.add_url_rule("/metrics", "metrics", metrics)


def _is_bearer(header: str, token: str) -> bool:
    kind, _, given = header.partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
