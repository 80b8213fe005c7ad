"""What the bus asks of a broker, as data."""

from shared.bus.topology import (
    EVENTS,
    Binding,
    dead_letter_queue,
    format_delay,
    requeue_exchange,
    retry_exchange,
    retry_queue,
    suspect_queue,
    topology,
)
from shared.contracts.catalogue import CATALOGUE, LIVE, QUEUES, SEARCH_ARTICLES

WHOLE = topology()
ARGUMENTS = {queue.name: queue.arguments for queue in WHOLE.queues}


def test_the_names_are_those_that_operators_and_documents_know() -> None:
    assert [exchange.name for exchange in WHOLE.exchanges] == [
        "events",
        "events.retry",
        "events.requeue",
        "events.dead",
    ]
    assert set(ARGUMENTS) == {
        "search.articles.v1",
        "search.articles.v1.suspects",
        "search.articles.v1.retry.10s",
        "search.articles.v1.retry.1m",
        "search.articles.v1.retry.10m",
        "search.articles.v1.dead",
        "live.v1",
    }


def test_every_type_of_the_catalogue_reaches_exactly_its_queues() -> None:
    """Mandatory publishing is only as good as the bindings."""
    bound = {(item.routing_key, item.queue) for item in WHOLE.bindings if item.exchange == EVENTS}
    assert bound == {(row.type, queue) for row in CATALOGUE.values() for queue in row.queues}
    assert all("*" not in type_ and "#" not in type_ for type_, _queue in bound)


def test_every_queue_is_durable_in_kind() -> None:
    for name, arguments in ARGUMENTS.items():
        assert arguments["x-queue-type"] == ("stream" if name == LIVE else "quorum")


def test_a_failed_event_waits_as_long_as_its_queues_name_says_and_goes_back_to_its_own_queue_alone() -> None:
    waiting = ARGUMENTS[retry_queue(SEARCH_ARTICLES, 60)]
    assert waiting["x-message-ttl"] == 60_000
    assert waiting["x-dead-letter-exchange"] == requeue_exchange()
    assert waiting["x-dead-letter-routing-key"] == SEARCH_ARTICLES
    assert Binding(requeue_exchange(), SEARCH_ARTICLES, SEARCH_ARTICLES) in WHOLE.bindings


def test_suspects_are_kept_as_safely_as_the_work_and_die_into_the_same_dead_letters() -> None:
    lane = suspect_queue(SEARCH_ARTICLES)
    assert ARGUMENTS[lane] == ARGUMENTS[SEARCH_ARTICLES]
    assert ARGUMENTS[lane]["x-dead-letter-routing-key"] == SEARCH_ARTICLES
    assert [item for item in WHOLE.bindings if item.queue == lane] == [
        Binding(requeue_exchange(), lane, lane)
    ]


def test_nothing_is_dropped_silently() -> None:
    """A full queue refuses, and what dies in one is handed over at least once."""
    for name, arguments in ARGUMENTS.items():
        if name not in {LIVE, dead_letter_queue(SEARCH_ARTICLES)}:
            assert arguments["x-overflow"] == "reject-publish"
            assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert set(ARGUMENTS[dead_letter_queue(SEARCH_ARTICLES)]) == {"x-queue-type"}


def test_the_live_stream_is_bounded_in_time_and_size() -> None:
    assert ARGUMENTS[LIVE]["x-max-age"] == "24h"
    assert int(ARGUMENTS[LIVE]["x-max-length-bytes"]) > 0


def test_other_delays_give_other_queues() -> None:
    """A queue's arguments cannot be changed in place, so its name must tell them apart."""
    fast = topology((0.2, 0.2))
    assert [queue.name for queue in fast.queues if ".retry." in queue.name] == [
        "search.articles.v1.retry.200ms"
    ]
    retries = [item.queue for item in fast.bindings if item.exchange == retry_exchange()]
    assert retries == ["search.articles.v1.retry.200ms"]


def test_delays_are_written_in_their_largest_whole_unit() -> None:
    written = [format_delay(delay_s) for delay_s in (0.05, 1, 10, 60, 90, 600, 3600)]
    assert written == ["50ms", "1s", "10s", "1m", "90s", "10m", "1h"]


def test_queues_and_bindings_fit_together() -> None:
    names = {queue.name for queue in WHOLE.queues}
    exchanges = {exchange.name for exchange in WHOLE.exchanges}
    assert {item.queue for item in WHOLE.bindings} == names
    assert {item.exchange for item in WHOLE.bindings} == exchanges
    assert set(QUEUES) <= names
