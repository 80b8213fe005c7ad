"""Every number that ingest gives, named and explained once."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

UPDATE_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60)

PAUSES = ("mongodb", "outbox_full")
"""Why no source is polled."""


class Metrics:
    """Numbers about polling sources and about what was found."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.updates = Counter(
            "ingest_updates",
            "Polls of sources, by outcome: ok, not_modified, unchanged (same bytes), failed, paused.",
            ["outcome"],
            registry=registry,
        )
        self.failures = Counter(
            "ingest_failures", "Failed polls of sources, by reason class.", ["reason"], registry=registry
        )
        self.changes = Counter(
            "ingest_source_changes",
            "Changes in how a source is treated: moved (a permanent redirect was believed), retired (gone for a week or "
            'missing for a month), revived, distrusted (its "not modified" was false).',
            ["change"],
            registry=registry,
        )
        self.entries = Counter(
            "ingest_entries",
            "Entries of feeds, by what they came to: new, changed, same, churned (changed once too often, and not in its "
            "title), unusable, repeated, held (outbox full), waiting (for the article's page), beyond_limit; "
            "page_due counts once more those whose page is to be asked for at the next poll.",
            ["verdict"],
            registry=registry,
        )
        self.clock_off = Gauge(
            "ingest_clock_off_seconds",
            "How far this machine's clock is ahead of the database's, which is the one that counts; negative for behind.",
            registry=registry,
        )
        self.pages = Counter(
            "ingest_pages",
            "Pages of articles that were wanted for their text, by what came of it: taken, no_longer (than the feed's text), "
            "failed (not had), refused (a wall, a front page, no article), postponed (to the next poll).",
            ["outcome"],
            registry=registry,
        )
        self.withdrawals = Counter(
            "ingest_withdrawals",
            "Articles taken down, by whom: publisher, owner.",
            ["by"],
            registry=registry,
        )
        self.looks = Counter(
            "ingest_looks",
            "Pages of articles looked at again, by what the answer said: alive, missing (404), gone (410), barred "
            "(robots.txt, a bot wall, a refusal), unknown (any other failure), spared (the host had its share for today).",
            ["answer"],
            registry=registry,
        )
        self.hubs_asked = Counter(
            "ingest_hubs_asked",
            "Requests to WebSub hubs to be told of what is new, by outcome: accepted, failed.",
            ["outcome"],
            registry=registry,
        )
        self.hub_calls = Counter(
            "ingest_hub_calls",
            "Calls of WebSub hubs, by what they came to: verified (a subscription), denied (by the hub), refused (not what we "
            "asked for), told (signed, so the source was made due), forged (signed wrongly or not at all: ignored), "
            "unknown (nobody's callback).",
            ["call"],
            registry=registry,
        )
        self.cut = Counter(
            "ingest_articles_cut", "Revisions whose text was cut to fit into one event.", registry=registry
        )
        self.update_seconds = Histogram(
            "ingest_update_seconds",
            "Seconds from claiming a source to giving it back.",
            buckets=UPDATE_SECONDS,
            registry=registry,
        )
        self.wire_bytes = Counter(
            "ingest_wire_bytes", "Bytes of feeds taken from the network.", registry=registry
        )
        self.in_hand = Gauge("ingest_sources_in_hand", "Sources being polled now.", registry=registry)
        self.paused = Gauge(
            "ingest_paused",
            "1 while no source is polled, by reason: mongodb (it does not answer), outbox_full (too many events wait).",
            ["reason"],
            registry=registry,
        )
        for reason in PAUSES:
            self.paused.labels(reason).set(0)
        self.waiting = Gauge(
            "ingest_outbox_events",
            "About how many events of all replicas wait to be published; counted up to INGEST_OUTBOX_MAX_EVENTS.",
            registry=registry,
        )
