"""Every number the bus gives, explained once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.contracts.catalogue import CATALOGUE
from shared.telemetry.metrics import SECONDS


class BusMetrics:
    """The bus in numbers. Labels are closed sets: queues and types of the catalogue, and the words named here."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.publish_seconds = Histogram(
            "bus_publish_seconds",
            "Seconds until an event was confirmed (ok), refused, or given back as unconfirmed.",
            ["result"],
            buckets=SECONDS,
            registry=registry,
        )
        self.published = Counter(
            "bus_published",
            "Events published, by type (`other` when not in the catalogue) and result: ok, refused, unconfirmed.",
            ["type", "result"],
            registry=registry,
        )
        self.consumed = Counter(
            "bus_consumed",
            "Events settled, by outcome: ok, retried, buried.",
            ["queue", "outcome"],
            registry=registry,
        )
        self.handle_seconds = Histogram(
            "bus_handle_seconds",
            "Seconds one call of a handler took, by result: ok, failed, held.",
            ["queue", "result"],
            buckets=SECONDS,
            registry=registry,
        )
        self.retries = Counter(
            "bus_retries",
            "Events sent to wait for another attempt, by the attempt that failed.",
            ["queue", "attempt"],
            registry=registry,
        )
        self.dead_letters = Counter(
            "bus_dead_letters",
            "Events given up on, by cause: undecodable, unsupported, rejected, exhausted, crash_suspect.",
            ["queue", "cause"],
            registry=registry,
        )
        self.suspects = Counter(
            "bus_suspects",
            "Events set apart to be handled alone, because their readers kept ending with them in hand.",
            ["queue"],
            registry=registry,
        )
        self.redelivered = Counter(
            "bus_redelivered",
            "Deliveries that the bus had made before to a reader that did not settle them.",
            ["queue"],
            registry=registry,
        )
        self.consumer_up = Gauge(
            "bus_consumer_up",
            "1 while this process is subscribed to the queue.",
            ["queue"],
            registry=registry,
        )
        self.consumer_held = Gauge(
            "bus_consumer_held",
            "1 while events are held back because a dependency is down.",
            ["queue"],
            registry=registry,
        )
        self.consumer_flooded = Gauge(
            "bus_consumer_flooded",
            "1 while the consumer pauses or handles one event at a time, because most of its events died.",
            ["queue"],
            registry=registry,
        )
        self.live_readers = Gauge(
            "bus_live_readers",
            "Readers of the live stream that are in their place and miss nothing.",
            registry=registry,
        )
        self.live_events = Counter(
            "bus_live_events",
            "Events of the live stream, by outcome: ok, repeated (left out), undecodable (passed over).",
            ["outcome"],
            registry=registry,
        )
        self.live_resets = Counter(
            "bus_live_resets",
            "Readers of the live stream that lost their place, by lapse: expired, unknown.",
            ["lapse"],
            registry=registry,
        )
        self.live_down = Gauge(
            "bus_live_down",
            "1 while a reader finds that the broker has the live stream but cannot open it.",
            registry=registry,
        )
        self.connected = Gauge("bus_connected", "1 while events can be published.", registry=registry)
        self.reconnects = Counter(
            "bus_connection_losses",
            "Connections to the broker that were lost, by use.",
            ["use"],
            registry=registry,
        )

    def count_publish(self, type_: str, result: str, seconds: float) -> None:
        """Count one publish that came to an end."""
        self.publish_seconds.labels(result).observe(seconds)
        self.published.labels(type_ if type_ in CATALOGUE else "other", result).inc()
