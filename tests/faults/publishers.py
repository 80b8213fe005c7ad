"""A hundred publishers that say events straight to the bus and keep each until it is confirmed, as an outbox does."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from prometheus_client import CollectorRegistry

from shared.bus import PublishUnconfirmed
from shared.bus.rabbit import RabbitBus
from shared.contracts.articles import ArticleCollected, SourceRef
from shared.contracts.envelope import Envelope, seal
from shared.contracts.rates import RateFixed, RateSource
from shared.testing.eventually import eventually
from tests.faults.oracle import Served
from tests.faults.origin import digest_of, text_of, title_of

PUBLISHERS = 100
_FIRST_AT = datetime(2026, 6, 1, tzinfo=UTC)
_SOURCE = SourceRef(id="fault-runner", name="Fault runner", rights="full")


def collected(item: int, rev: int = 1) -> Envelope:
    """Give the event that says a revision of a numbered item."""
    at = _FIRST_AT + timedelta(seconds=item)
    model = ArticleCollected(
        id=f"item-{item}",
        rev=rev,
        source=_SOURCE,
        outlet="outlet.example",
        url=f"https://outlet.example/items/{item}",
        title=title_of(item, rev),
        text=text_of(item, rev),
        language="en",
        published_at=at,
        published_certainty="exact",
        first_seen_at=at,
        reasons=["new" if rev == 1 else "title"],
    )
    return seal(model, source="/silkwire/ingest", at=at)


def rate(number: int) -> Envelope:
    """Give an event for the live stream."""
    model = RateFixed(
        pair="KGS/USD",
        seq=number + 1,
        value=Decimal("0.0119"),
        change_pct=None,
        source=RateSource(id="NBKR", name="Fault runner", url="https://bank.example/"),
        method="inverse",
        session_on=_FIRST_AT.date(),
        label_on=_FIRST_AT.date(),
        status="ok",
        revision=1,
        fixed_at=_FIRST_AT,
    )
    return seal(model, source="/silkwire/rates", at=_FIRST_AT)


def served(items: Iterable[int], revs: int = 1) -> dict[str, Served]:
    """Give the truth about items whose revisions 1 to `revs` are said."""
    return {str(item): Served(revs, digest_of(title_of(item, revs), text_of(item, revs))) for item in items}


class Publishers:
    """Says events with confirms; an unconfirmed one is said again until it is confirmed.

    Args:
        amqp_url: the broker.
        ladder_s: the retry ladder, the same as the services'.
        per_s: how many events a second at most, so that a run lasts longer than its faults; None for no bound.

    Attributes:
        confirmed: when each confirm came, by the monotonic clock, in seconds.
        unconfirmed: how often nobody knew.
        slowest_s: the longest single publish.
    """

    def __init__(self, amqp_url: str, ladder_s: Sequence[float], *, per_s: float | None = None) -> None:
        self._per_s = per_s
        self._bus = RabbitBus(
            amqp_url, service="origin", registry=CollectorRegistry(), retry_delays_s=tuple(ladder_s)
        )
        self.confirmed: list[float] = []
        self.unconfirmed: Counter[str] = Counter()
        self.slowest_s = 0.0

    def hurry(self) -> None:
        """Say the rest as fast as can be."""
        self._per_s = None

    @property
    def bus(self) -> RabbitBus:
        """The bus they publish on."""
        return self._bus

    async def open(self, opened: AsyncExitStack) -> None:
        """Connect, until `opened` is closed; return once connected."""
        self._bus.start()
        opened.push_async_callback(self._bus.close)
        await eventually(self._bus.check, within_s=30, what="the publishers are connected")

    async def say(self, events: Sequence[Envelope], publishers: int = PUBLISHERS) -> None:
        """Say all of them; return once each is confirmed."""
        waiting = iter(enumerate(events))
        began = time.monotonic()

        async def publish() -> None:
            for number, event in waiting:
                if self._per_s is not None:
                    await asyncio.sleep(began + number / self._per_s - time.monotonic())
                await self._say(event)

        async with asyncio.TaskGroup() as group:
            for _ in range(publishers):
                group.create_task(publish())

    async def _say(self, event: Envelope) -> None:
        while True:
            began = time.monotonic()
            try:
                await self._bus.publish(event)
            except PublishUnconfirmed as error:
                self.unconfirmed[error.reason] += 1
                await asyncio.sleep(0.05)
            else:
                self.confirmed.append(time.monotonic())
                return
            finally:
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)

    async def reach(self, count: int) -> None:
        """Wait until so many are confirmed."""
        while len(self.confirmed) < count:
            await asyncio.sleep(0.005)

    def resumed_after(self, moment: float) -> float:
        """Return how long after `moment` the next confirm came, in seconds; infinite when none came."""
        return next((at - moment for at in self.confirmed if at > moment), float("inf"))
