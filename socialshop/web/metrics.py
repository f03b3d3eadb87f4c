"""What Prometheus may know: how requests go, and what waits in the shop.

Several web processes share their counts through PROMETHEUS_MULTIPROC_DIR, which whoever starts them sets to an empty
folder; without it a process tells of itself alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from flask import Flask, current_app
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from socialshop.infra.uow import UnitOfWork, in_unit_of_work

disable_created_metrics()  # type: ignore[no-untyped-call]
_registry = CollectorRegistry()
_requests = Counter("socialshop_http_requests", "Requests answered", ("method", "route", "status"), registry=_registry)
_seconds = Histogram(
    "socialshop_http_request_seconds",
    "Time to answer",
    ("method", "route"),
    registry=_registry,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)


class Gauge(NamedTuple):
    """Something that waits in the shop, counted at the time of asking."""

    name: str
    meaning: str
    value: int


CountWaiting = Callable[[UnitOfWork], Sequence[Gauge]]


def attach(app: Flask, count_waiting: CountWaiting) -> None:
    """Bind the app to what else is worth counting; app.py names it, for web/ knows no room."""
    app.extensions["socialshop_count_waiting"] = count_waiting


def waiting(uow: UnitOfWork) -> Sequence[Gauge]:
    """What waits in the shop, now."""
    count_waiting: CountWaiting = current_app.extensions["socialshop_count_waiting"]
    return count_waiting(uow)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request."""
    # An unknown method of an unknown path is anybody's text: it must not become a label.
    known = method if route != "none" else "other"
    counter, histogram = _of(known, route, status)
    counter.inc()
    histogram.observe(seconds)


@lru_cache(maxsize=1024)
def _of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return _requests.labels(method, route, str(status)), _seconds.labels(method, route)


def exposition() -> tuple[bytes, str]:
    """The metrics in Prometheus' text format, and its media type."""
    registry = _registry
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    gauges = CollectorRegistry()
    gauges.register(_Waiting())
    return generate_latest(registry) + generate_latest(gauges), CONTENT_TYPE_LATEST


class _Waiting(Collector):
    """What waits: the database's figures, the same from whichever process is asked, so kept by none."""

    def collect(self) -> Iterable[Metric]:
        for gauge in in_unit_of_work(waiting):
            yield GaugeMetricFamily(f"socialshop_{gauge.name}", gauge.meaning, gauge.value)
