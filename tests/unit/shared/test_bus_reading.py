"""What a consumer makes of a message before any handler sees it: one that cannot be read is buried, never raised."""

import pytest

from shared.bus.hand import Hand, Message
from shared.bus.reading import read_delivery
from shared.bus.retry import Bury, Failure
from shared.bus.settling import BrokerDelivery
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from tests.suites.bus_suite import withdrawn


class UnreadableHeaders(dict[str, object]):
    """Headers whose reading fails in a way nobody thought of."""

    def get(self, key: str, default: object = None) -> object:
        raise LookupError(f"{key} cannot be had, {default}")


def delivered(headers: dict[str, object]) -> Message:
    nowhere = Hand(None)  # type: ignore[arg-type]  # reading needs no channel
    return Message(headers, withdrawn("a").data, redelivered=False, tag=1, hand=nowhere)


def test_a_whole_message_is_read() -> None:
    read = read_delivery(delivered({**to_headers(withdrawn("a"))}), SEARCH_ARTICLES)
    assert isinstance(read, BrokerDelivery)
    assert read.envelope == withdrawn("a")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        pytest.param(
            {**to_headers(withdrawn("a")), "cloudEvents_time": "0001-01-01T00:00:00+05:00"},
            "header cloudEvents_time is out of range: 0001-01-01T00:00:00+05:00",
            id="a time before all time",
        ),
        pytest.param(UnreadableHeaders(), "LookupError: ", id="a fault nobody thought of"),
    ],
)
def test_a_message_that_cannot_be_read_is_buried_with_the_reason(
    headers: dict[str, object], reason: str
) -> None:
    read = read_delivery(delivered(headers), SEARCH_ARTICLES)
    assert isinstance(read, Bury)
    assert (read.cause, read.failure) == ("undecodable", Failure(1))
    assert read.reason.startswith(reason)
