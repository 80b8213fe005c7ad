"""Every number that rates gives, named and explained once. Banks and pairs are few and known, so they may be labels."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.telemetry.metrics import SECONDS


class Metrics:
    """The metrics of one replica."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.polls = Counter(
            "rates_polls",
            "Polls of a bank, by how they ended: fixed, unchanged, held, no_data, refused, failed.",
            ["bank", "outcome"],
            registry=registry,
        )
        self.answers = Counter(
            "rates_answers",
            "Answers of a bank that were of no use, by reason: html, empty, other_date, http_status, timeout, ...",
            ["bank", "reason"],
            registry=registry,
        )
        self.fetch_seconds = Histogram(
            "rates_fetch_seconds",
            "Seconds from a request to a bank to the last byte of its answer, failures included.",
            ["bank"],
            buckets=SECONDS,
            registry=registry,
        )
        self.dropped_rows = Counter(
            "rates_dropped_rows",
            "Rows left out of good documents, by reason: frozen, retired, other_date, bad_number, ...",
            ["bank", "reason"],
            registry=registry,
        )
        self.observations = Counter(
            "rates_observations",
            "Observations stored: new ones and corrections.",
            ["bank"],
            registry=registry,
        )
        self.backfill_requests = Counter(
            "rates_backfill_requests",
            "Requests to the archives of banks, by how they ended: ok, refused, failed, crashed.",
            ["bank", "outcome"],
            registry=registry,
        )
        self.board_changes = Counter(
            "rates_board_changes",
            "Events about a pair, by why: first, new_session, correction, change_recomputed, late, stale, held, ...",
            ["bank", "why"],
            registry=registry,
        )
        self.board_conflicts = Counter(
            "rates_board_conflicts",
            "Times another replica changed a board first and the decision was made again.",
            ["bank"],
            registry=registry,
        )
        self.held = Gauge(
            "rates_held",
            "1 while a bank's newest number is not believed, else 0.",
            ["bank"],
            registry=registry,
        )
        self.doubts = Counter(
            "rates_doubts",
            "Times a bank's newest number was not shown, by why: inverted, nominal, implausible, jump, disputed.",
            ["bank", "doubt"],
            registry=registry,
        )
        self.outlier = Gauge(
            "rates_outlier",
            "1 while a source's number of a pair's newest session is more than 5 % off the one that is judged, else 0.",
            ["bank", "pair"],
            registry=registry,
        )
        self.stale = Gauge(
            "rates_stale",
            "1 while what is shown of a bank is older than its calendar allows, or its server frozen, else 0.",
            ["bank"],
            registry=registry,
        )
        self.missed_sessions = Gauge(
            "rates_missed_sessions",
            "Sessions that a bank's calendar expects and that are not here three hours after their time; 2 means 2 or more.",
            ["bank"],
            registry=registry,
        )
        self.last_success_timestamp_seconds = Gauge(
            "rates_last_success_timestamp_seconds",
            "When this replica last had a believable answer from a bank, in seconds since 1970.",
            ["bank"],
            registry=registry,
        )
        self.session_timestamp_seconds = Gauge(
            "rates_session_timestamp_seconds",
            "Midnight UTC of the session that a bank's pair shows, in seconds since 1970.",
            ["bank"],
            registry=registry,
        )
