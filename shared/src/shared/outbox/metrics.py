"""Every number the outbox gives, explained once."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class OutboxMetrics:
    """The outbox in numbers. Pending ones are of the buckets this process looks after: sum them over replicas."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.pending = Gauge(
            "outbox_pending",
            "Events stored and not yet published, in this process's buckets.",
            registry=registry,
        )
        self.oldest_seconds = Gauge(
            "outbox_oldest_seconds",
            "Age of the oldest event not yet published, in this process's buckets; 0 when there is none.",
            registry=registry,
        )
        self.relayed = Counter(
            "outbox_relayed",
            "Events taken from the outbox, by result: ok, refused, unconfirmed (stays and is tried again).",
            ["result"],
            registry=registry,
        )
        self.buckets = Gauge(
            "outbox_buckets", "How many of the 64 buckets this process looks after.", registry=registry
        )
