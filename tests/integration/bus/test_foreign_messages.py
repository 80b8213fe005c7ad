"""Messages that somebody else put on the broker: each is one dead letter and stops nothing."""

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection, HeadersType

from shared.bus import topology
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import to_headers
from shared.testing.eventually import eventually
from tests.suites.bus_suite import Harness, Reader, altered, consuming, wait_until, withdrawn


@pytest.mark.parametrize(
    ("headers", "cause", "reason"),
    [
        pytest.param({}, "undecodable", "header cloudEvents_specversion is missing", id="no headers"),
        pytest.param(
            {**to_headers(withdrawn("a")), "cloudEvents_time": "tomorrow"},
            "undecodable",
            "header cloudEvents_time is not RFC 3339",
            id="a time that is none",
        ),
        pytest.param(
            to_headers(altered(withdrawn("a"), type="article.withdrawn.v2")),
            "unsupported",
            "does not support the type article.withdrawn.v2",
            id="an unknown major version",
        ),
        pytest.param(
            to_headers(altered(withdrawn("a"), type="x" * 70_000)),
            "unsupported",
            "does not support the type xxx",
            id="a type that fits into a frame once and not twice",
        ),
        pytest.param(
            {"x-long": "x" * 130_800},
            "undecodable",
            "header cloudEvents_specversion is missing",
            id="headers that fill a frame",
        ),
    ],
)
async def test_what_cannot_be_read_is_buried_on_its_first_delivery_and_nothing_else_stops(
    harness: Harness, beside: AbstractConnection, headers: HeadersType, cause: str, reason: str
) -> None:
    await eventually(harness.bus.check, what="the bus is connected")
    await publish_raw(beside, headers)
    reader = Reader()
    async with consuming(harness.bus, reader):
        await harness.bus.publish(withdrawn("good"))
        [(said, _body)] = await eventually(harness.dead, what="a dead letter")
        await wait_until(lambda: reader.handled["good"], "the good one is handled")
    assert said.cause == cause
    assert reason in said.reason
    assert reader.calls == [["good"]]


async def publish_raw(beside: AbstractConnection, headers: HeadersType) -> None:
    """Put a message straight into search's queue."""
    async with beside.channel() as channel:
        exchange = await channel.get_exchange(topology.requeue_exchange(), ensure=False)
        await exchange.publish(aio_pika.Message(b"{}", headers=headers), SEARCH_ARTICLES)
