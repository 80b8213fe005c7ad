"""Every metric of gateway's own, named and explained once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.telemetry.metrics import SECONDS


class Metrics:
    """Gateway's counters and gauges.

    Args:
        registry: where they are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.asked = Counter(
            "gateway_upstream_requests",
            "Questions put to another service, by service and outcome: answered, refused (it said no), "
            "unreachable, timeout, error, unreadable, resting (not sent, its circuit breaker is open).",
            ["service", "outcome"],
            registry=registry,
        )
        self.seconds = Histogram(
            "gateway_upstream_seconds",
            "Seconds until another service's answer was read, or given up.",
            ["service"],
            buckets=SECONDS,
            registry=registry,
        )
        self.breaker_open = Gauge(
            "gateway_breaker_open",
            "1 while a service is left alone after failures in a row, else 0.",
            ["service"],
            registry=registry,
        )
        self.ticker_pairs = Gauge(
            "gateway_ticker_pairs", "Pairs on the ticker at present.", registry=registry
        )
        self.ticker_refreshed = Gauge(
            "gateway_ticker_refreshed_timestamp_seconds",
            "Unix time at which rates last answered; 0 before the first answer.",
            registry=registry,
        )
