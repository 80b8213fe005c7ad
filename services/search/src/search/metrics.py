"""Everything that can be counted or measured of search."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.telemetry.metrics import SECONDS


class Metrics:
    """Search's metrics.

    Args:
        registry: where they go.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self.stored = Counter(
            "search_changes",
            "Articles and withdrawals heard of: stored, or older than (or the same as) what was stored.",
            ["outcome"],
            registry=registry,
        )
        self.indexed = Counter(
            "search_indexed", "Changes made visible in this replica's view.", registry=registry
        )
        self.visible_seconds = Histogram(
            "search_visible_seconds",
            "Seconds from an article's storage to its being visible in this replica's view.",
            buckets=SECONDS,
            registry=registry,
        )
        self.view_ready = Gauge(
            "search_view_ready",
            "1 once this replica's view has caught up with the record; MongoDB answers until then.",
            registry=registry,
        )
        self.view_rebuilds = Counter(
            "search_view_rebuilds", "Times this replica's view was built from nothing.", registry=registry
        )
        self.stories_worker = Gauge(
            "search_stories_worker",
            "1 on the replica that finds out which articles tell the same story.",
            registry=registry,
        )
        self.stories_changed = Counter(
            "search_stories_changed",
            "Articles that came into a story, moved to another or left one.",
            registry=registry,
        )
        self.view_behind = Gauge(
            "search_view_behind_seconds",
            "Seconds since what this replica's view shows was all of the record; below a second while it is level.",
            registry=registry,
        )
        self.view_unsaved = Gauge(
            "search_view_unsaved",
            "Articles held in memory until this replica's view commits them: every 5 s, or at a thousand.",
            registry=registry,
        )
        self.view_write_failures = Counter(
            "search_view_write_failures",
            "Times this replica's view could not be written, on a full disk for one; it is tried again each second.",
            registry=registry,
        )
        self.queries = Counter(
            "search_queries",
            "Searches answered, by what answered and how it went.",
            ["index", "outcome"],
            registry=registry,
        )
        self.query_seconds = Histogram(
            "search_query_seconds",
            "Seconds an index took to answer, without HTTP.",
            ["index"],
            buckets=SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "search_refused",
            "Searches given up to keep the others quick: too_slow, or too_many at once.",
            ["reason"],
            registry=registry,
        )
