"""The clocks of our own processes are wrong and jump, and so are the dates that feeds print (E32)."""

import asyncio
import json
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

from tests.faults.catalogue import experiment
from tests.faults.experiments.processes import WITH_TEST_COMMANDS, allow_writes, refuse_writes
from tests.faults.origin import Feed, Origin, dated
from tests.faults.processes import Service
from tests.faults.report import Figure, Result
from tests.faults.rig import INGEST, SEARCH, Plan, Rig, rigged
from tests.faults.wrong_clocks import WrongClock

FEEDS = 16
EACH = 112
"""Items published at a time: seven for each feed, one of each kind of date."""

INTERVAL_S = 0.5
ANSWER_S = 0.2
"""How long the origin takes, so that at any moment some sources are in hand."""

LEASE_S = 10.0
FETCHED_WITHIN_S = 30.0
"""Wide, since a machine may be busy: who waits for a clock to come right waits for hours, or for a month."""

SEEN_WITHIN_S = 20.0
"""From the answer to the writing of what it held, on a busy machine."""

HOUR, MONTH = timedelta(hours=1), timedelta(days=30)
JUMPS = (
    *(HOUR, -HOUR, timedelta(), MONTH, -MONTH, timedelta()),
    # What an NTP daemon does when it may: it steps to and fro by seconds, while leases run.
    *(timedelta(seconds=off) for off in (2, -2, 40, -40, 5, 0)),
)
QUICK_JUMPS = (HOUR, -MONTH)
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)


class Calendar:
    """What the feeds print as publication times: right ones of today and of old, fast ones, and nonsense."""

    def __init__(self) -> None:
        self._printed: dict[int, str] = {}

    def __call__(self, item: int) -> str:
        """Return what is printed for an item; always the same."""
        return self._printed.setdefault(item, self._print(item))

    def _print(self, item: int) -> str:
        now = datetime.now(UTC)
        kinds = (
            lambda: dated(item),
            lambda: format_datetime(now),
            lambda: format_datetime(now + timedelta(minutes=5)),
            lambda: "Thu, 01 Jan 1970 00:00:00 GMT",
            lambda: "Thu, 31 Dec 2099 23:59:59 GMT",
            lambda: "31.13.2026 27:81",
            lambda: "",
        )
        return kinds[item // FEEDS % len(kinds)]()

    @staticmethod
    def believed(item: int) -> bool:
        """Tell whether the time printed for an item is the right one."""
        return item // FEEDS % 7 < 2


@dataclass(slots=True)
class Replica:
    """One process with a clock of its own."""

    service: Service
    clock: WrongClock

    async def start(self) -> None:
        """Start it on that clock."""
        await self.service.start(more=self.clock.environment())

    async def jump(self, off: timedelta) -> None:
        """Put its clock elsewhere, and wait until it has looked at it."""
        self.clock.set(off)
        await asyncio.sleep(1.5)

    def jumps_seen(self, began: datetime) -> int:
        """Return how often its log goes over to another time, by half an hour at least: that it was fooled at all."""
        lines = self.service.log.read_text(errors="replace").splitlines()
        told = [datetime.fromisoformat(json.loads(line)["timestamp"]) for line in lines if line[:1] == "{"]
        return sum(abs(after - before) > HOUR / 2 for before, after in pairwise([began, *told]))


@experiment(
    "E32",
    "clocks that are wrong by hours and days, and jump; feed dates of 1970, 2099 and none",
    quick=False,
    limit_s=600,
)
async def wrong_clocks(plan: Plan) -> Result:
    """Two of ingest with clocks hours apart and one of search; one's clock jumps again and again, then it is killed."""
    calendar = Calendar()
    origin = Origin(feeds=FEEDS, dates=calendar, answer_s=ANSWER_S, moved=(0,))
    jumps = QUICK_JUMPS if plan.quick else JUMPS
    async with rigged(plan, mongod_options=WITH_TEST_COMMANDS) as rig, AsyncExitStack() as opened:
        await origin.open(opened)
        began = datetime.now(UTC)
        steady, jumping, reader = _replicas(rig, origin)
        for one in (steady, jumping, reader):
            await one.start()
        for one in (steady, jumping, reader):
            await one.service.ready()
        await _one_more(rig, origin)
        started = time.monotonic()
        for off in jumps:
            plan.say(f"a clock of ingest is {off / HOUR:+g} h off")
            reader.clock.set(-off)
            await jumping.jump(off)
            await _one_more(rig, origin)
        plan.say("a clock of search jumps while events climb the retry ladder")
        await refuse_writes(rig)
        origin.publish(EACH)
        await _climbing(reader.service)
        reader.clock.set(HOUR)
        await allow_writes(rig)
        await rig.settled(origin.everything)
        ahead = time.monotonic()
        await jumping.jump(MONTH)
        await jumping.service.kill()
        killed = time.monotonic()
        await _one_more(rig, origin)
        await _asked_since(origin, killed)
        gaps = Gaps.of(origin.feeds, started, ahead, killed)
        return await rig.result(
            origin.served(),
            Figure("jumps that the processes saw", jumping.jumps_seen(began), at_least=len(jumps) // 2),
            Figure(
                "events that climbed the retry ladder", reader.service.total("bus_retries_total"), at_least=1
            ),
            *gaps.figures(),
            *await _dates_amiss(rig, origin, calendar),
            *await _learnt_amiss(rig, origin),
            Figure("items never served", origin.offered - len(origin.served()), at_most=0),
        )


def _replicas(rig: Rig, origin: Origin) -> tuple[Replica, Replica, Replica]:
    pace = {f"INGEST_{name}_INTERVAL_S": f"{INTERVAL_S:g}" for name in ("DEFAULT", "MIN", "MAX")}
    settings = {**rig.feed(origin), **pace, "INGEST_LEASE_S": f"{LEASE_S:g}"}
    starts = {"ingest-steady": timedelta(hours=-3), "ingest-jumping": timedelta(), "search": timedelta()}
    made = []
    for name, off in starts.items():
        service = rig.add(name.partition("-")[0], name=name, settings=settings)
        made.append(Replica(service, WrongClock(rig.plan.folder / name / "clock", off)))
    return made[0], made[1], made[2]


async def _one_more(rig: Rig, origin: Origin) -> None:
    """Publish, change some of what was published before, and wait until all is stored."""
    origin.revise(range(max(0, origin.offered - 10), origin.offered))
    origin.publish(EACH)
    await rig.settled(origin.everything, within_s=60)


async def _climbing(search: Service) -> None:
    """Wait until events are sent up the retry ladder, or they never will be."""
    before, until = search.total("bus_retries_total"), time.monotonic() + FETCHED_WITHIN_S
    while search.total("bus_retries_total") == before and time.monotonic() < until:
        await asyncio.sleep(0.1)
        await search.observe()


async def _asked_since(origin: Origin, since: float) -> None:
    """Wait until every source was asked again, or nobody will."""
    while time.monotonic() < since + FETCHED_WITHIN_S + 5:
        if all(feed.asks and feed.asks[-1].began > since for feed in origin.feeds):
            return
        await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Gaps:
    """Times between the fetches of one source, in seconds.

    Attributes:
        doubled: fetches that began while another one was under way.
        shortest_s: between an answer and the next fetch.
        longest_s: between two fetches while both replicas lived.
        across_s: the same, across the death of one whose clock was far ahead.
    """

    doubled: int
    shortest_s: float
    longest_s: float
    across_s: float

    @classmethod
    def of(cls, feeds: list[Feed], started: float, ahead: float, killed: float) -> "Gaps":
        """Measure them.

        Args:
            feeds: with what was asked of them.
            started: since when; by the monotonic clock, like all others.
            ahead: from when on a clock was far ahead.
            killed: when the process was.
        """
        pairs = [
            pair
            for feed in feeds
            for pair in pairwise(sorted(feed.asks, key=lambda ask: ask.began))
            if pair[0].began >= started
        ]
        across = [(one, other) for one, other in pairs if one.began <= killed and other.began >= ahead]
        others = [pair for pair in pairs if pair not in across]
        return cls(
            doubled=sum(other.began < one.ended for one, other in pairs),
            shortest_s=min(other.began - one.ended for one, other in others),
            longest_s=max(other.began - one.began for one, other in others),
            across_s=max(other.began - one.began for one, other in across),
        )

    def figures(self) -> tuple[Figure, ...]:
        """Return them with their bounds."""
        return (
            Figure("fetches of one source by two at once", self.doubled, at_most=0),
            Figure(
                "shortest time from an answer to the next fetch",
                self.shortest_s,
                "s",
                at_least=INTERVAL_S * 0.8,
            ),
            Figure(
                "longest time between two fetches",
                self.longest_s,
                "s",
                at_most=FETCHED_WITHIN_S,
            ),
            Figure(
                "the same across the death of a replica a month ahead",
                self.across_s,
                "s",
                at_most=FETCHED_WITHIN_S,
            ),
        )


_TIMES = ("url", "published_at", "first_seen_at", "updated_at")


async def _dates_amiss(rig: Rig, origin: Origin, calendar: Calendar) -> tuple[Figure, ...]:
    """Count times in the record that no reader should see."""
    shown = await rig.database.read(SEARCH, "articles", *_TIMES)
    now = datetime.now(UTC)
    first_seen, published, updated = 0, 0, 0
    for article in shown:
        item = int(article["url"].rpartition("/")[2])
        seen_at = origin.seen_at[item]
        late = article["first_seen_at"] - seen_at
        first_seen += not timedelta(seconds=-1) <= late <= timedelta(seconds=SEEN_WITHIN_S)
        published += not _is_right(article, item, calendar)
        updated += bool(article.get("updated_at")) and not seen_at <= article["updated_at"] <= now
    return (
        Figure("articles first seen at another time than they were", first_seen, at_most=0),
        Figure("articles published at another time than printed or first seen", published, at_most=0),
        Figure("articles changed in the future, or before they were seen", updated, at_most=0),
    )


def _is_right(article: dict[str, Any], item: int, calendar: Calendar) -> bool:
    published, first_seen = article["published_at"], article["first_seen_at"]
    if calendar.believed(item):
        printed = datetime.strptime(calendar(item), "%a, %d %b %Y %H:%M:%S %z")
        return bool(published == min(printed, first_seen))
    return bool(OLDEST <= published == first_seen)


async def _learnt_amiss(rig: Rig, origin: Origin) -> tuple[Figure, ...]:
    """Count what was learnt of the sources from clocks that were wrong."""
    sources = await rig.database.read(INGEST, "sources", "url", "state")
    offsets = [offset for one in sources for offset in one["state"].get("clock_offsets_s", ())]
    moved = {origin.address(number) for number in range(FEEDS)} - {one["url"] for one in sources}
    return (
        Figure("clocks of sources taken to be wrong", sum(abs(one) > 600 for one in offsets), at_most=0),
        Figure("permanent redirects believed before their week was over", len(moved), at_most=0),
    )
