"""The few metrics that every service has, and buckets that fit our durations."""

import asyncio

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Histogram buckets in seconds, from one millisecond to a fetch's deadline."""


def process_registry() -> CollectorRegistry:
    """Return a registry that already tells of this process: memory, CPU, files, garbage collection."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class HttpMetrics:
    """Requests answered by a service's API."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "http_requests",
            "Requests answered, by route template, method and status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "http_request_seconds",
            "Seconds from a request's arrival to the end of its answer.",
            ["route", "method"],
            buckets=SECONDS,
            registry=registry,
        )


class HealthMetrics:
    """What the health pages say, as numbers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.dependency_up = Gauge(
            "dependency_up",
            "1 while the named dependency answers, else 0.",
            ["dependency"],
            registry=registry,
        )
        self.ready = Gauge("ready", "1 while the service can do its own job, else 0.", registry=registry)
        self.loop_lag_seconds = Gauge(
            "event_loop_lag_seconds",
            "How late the event loop woke the last time it was asked to.",
            registry=registry,
        )


async def watch_loop_lag(gauge: Gauge, stop: asyncio.Event, every_s: float = 1.0) -> None:
    """Measure, until `stop` is set, how late the event loop is: a busy or blocked loop shows here first."""
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        due = loop.time() + every_s
        try:
            await asyncio.wait_for(stop.wait(), every_s)
        except TimeoutError:
            gauge.set(max(0.0, loop.time() - due))
