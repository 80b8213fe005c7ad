"""What a publisher takes down is noticed, by clear words alone, and politely."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from ingest.domain.articles.decide import decide
from ingest.domain.articles.recheck import (
    AFTER,
    MISSES_APART,
    Allowance,
    Answer,
    Looked,
    Next,
    after_look,
    answer_of,
    reach_of,
    until_regular,
)
from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, Reason, Validators
from ingest.metrics import Metrics
from ingest.pipeline.events import collected, item_of
from ingest.pipeline.recheck import Rechecks
from ingest.pipeline.withdraw import Withdrawals
from shared.contracts.articles import ArticleWithdrawn
from shared.contracts.envelope import open_envelope
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually
from tests.suites.ingest_fakes import MemoryItemStore
from tests.suites.ingest_pages import FakePages, MemoryLookStore
from tests.suites.ingest_stores import NOW, candidate, source

DAY = timedelta(days=1)
GONE = Failed(Reason.GONE, "HTTP status 410", 410)
MISSING = Failed(Reason.NOT_FOUND, "HTTP status 404", 404)
BROKEN = Failed(Reason.SERVER_ERROR, "HTTP status 500", 500)
WALL = Failed(Reason.CHALLENGE, "a wall", 403)


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Fetched("https://a.kg/1", b"", None, Validators(), 0), Answer.ALIVE),
        (GONE, Answer.GONE),
        (MISSING, Answer.MISSING),
        (BROKEN, Answer.UNKNOWN),
        (Failed(Reason.TIMEOUT, ""), Answer.UNKNOWN),
        (WALL, Answer.BARRED),
        (Failed(Reason.ROBOTS, ""), Answer.BARRED),
        (Failed(Reason.ROBOTS, "robots.txt cannot be had", retry_after_s=600), Answer.UNKNOWN),
        (Failed(Reason.FORBIDDEN, "", 403), Answer.BARRED),
    ],
)
def test_only_clear_words_speak_of_the_article(outcome: FetchOutcome, answer: Answer) -> None:
    assert answer_of(outcome) is answer


def test_pages_are_looked_at_after_1_3_7_and_30_days_and_then_no_more() -> None:
    at, looks = NOW, []
    while (wait := until_regular(NOW, at)) is not None:
        at += wait
        looks.append(at - NOW)
    assert looks == list(AFTER)


def test_410_is_believed_at_once() -> None:
    assert after_look(Looked(), Answer.GONE, NOW, NOW + DAY).taken_down == "410"


def test_404_is_believed_the_third_time_a_day_apart() -> None:
    known, at = Looked(), NOW + DAY
    for expected in (1, 2):
        then = after_look(known, Answer.MISSING, NOW, at)
        assert (then.found.misses, then.after, then.taken_down) == (expected, MISSES_APART, None)
        hasty = after_look(then.found, Answer.MISSING, NOW, at + timedelta(hours=1))
        assert hasty.found.misses == expected
        known, at = then.found, at + MISSES_APART
    assert after_look(known, Answer.MISSING, NOW, at).taken_down == "404 3 times"


def test_a_page_that_answers_again_begins_the_count_anew() -> None:
    assert after_look(Looked(misses=2, missed_at=NOW), Answer.ALIVE, NOW, NOW + DAY).found.misses == 0


def test_what_says_nothing_of_a_doubted_article_is_asked_again_soon_and_of_another_at_its_time() -> None:
    doubted = Looked(left_early=True)
    assert after_look(doubted, Answer.UNKNOWN, NOW, NOW + DAY).after == timedelta(hours=6)
    assert after_look(Looked(), Answer.UNKNOWN, NOW, NOW + DAY).after == 2 * DAY
    assert after_look(doubted, Answer.BARRED, NOW, NOW + DAY) == Next(2 * DAY, doubted)


ANSWERS = st.lists(st.tuples(st.sampled_from(Answer), st.integers(1, 100)), max_size=40)


@given(ANSWERS)
def test_an_article_is_taken_down_only_after_410_or_three_404_over_two_days(
    answers: list[tuple[Answer, int]],
) -> None:
    known, at, missed = Looked(), NOW, list[datetime]()
    for answer, hours in answers:
        at += timedelta(hours=hours)
        missed = [] if answer is Answer.ALIVE else [*missed, at] if answer is Answer.MISSING else missed
        then = after_look(known, answer, NOW, at)
        if then.taken_down is not None:
            assert answer is Answer.GONE or (len(missed) >= 3 and missed[-1] - missed[0] >= 2 * MISSES_APART)
            return
        known = then.found


def test_a_feed_reaches_back_to_its_older_articles_a_pinned_one_aside() -> None:
    days = [NOW - timedelta(days=n) for n in range(8)]
    assert reach_of([*days, NOW - timedelta(days=4000)], NOW) == NOW - timedelta(days=7)
    assert reach_of([NOW - timedelta(days=4000)] * 6, NOW) == NOW - timedelta(days=30)
    assert reach_of(days[:4], NOW) is None


def test_a_host_is_asked_for_so_many_pages_in_a_day() -> None:
    allowance = Allowance(2)
    assert [allowance.take("a.kg", NOW) for _ in range(3)] == [True, True, False]
    assert allowance.take("b.kg", NOW)
    allowance.bar("b.kg")
    assert not allowance.take("b.kg", NOW)
    assert allowance.take("a.kg", NOW + DAY)


@dataclass
class Bench:
    """Rechecks with everything around them in memory."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    items: MemoryItemStore = field(default_factory=MemoryItemStore)
    pages: FakePages = field(default_factory=FakePages)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        metrics = Metrics(self.registry)
        self.rechecks = Rechecks(
            looks=MemoryLookStore(self.items, self.clock),
            pages=self.pages,
            withdraw=Withdrawals(self.items, self.clock, metrics, lambda: None),
            clock=self.clock,
            metrics=metrics,
            per_hour=36_000,
            idle_s=0.01,
        )

    async def put(self, name: str) -> str:
        """Store an article first seen now; return its address."""
        new = candidate(id=name, keys=(), url=f"https://a.kg/{name}")
        decision = decide(None, new, self.clock.now())
        assert await self.items.insert(item_of(new, decision), collected(new, decision, source("a"), NOW))
        return new.url

    async def pass_days(self, days: int) -> None:
        """Look at what is due, every hour."""
        for _ in range(days * 24):
            self.clock.advance(3600)
            while await self.rechecks.step():
                pass

    def said(self, name: str) -> list[str]:
        """Return the reasons of an article's withdrawals that were said."""
        opened = [open_envelope(event) for event in self.items.pending[name]]
        return [event.reason for event in opened if isinstance(event, ArticleWithdrawn)]

    def looks(self, answer: str) -> float:
        return self.registry.get_sample_value("ingest_looks_total", {"answer": answer}) or 0


async def test_a_page_that_is_gone_takes_its_article_down_within_a_day() -> None:
    bench = Bench()
    bench.pages.failures[await bench.put("one")] = GONE
    await bench.pass_days(2)
    assert bench.said("one") == ["publisher: 410"]
    assert bench.items.items["one"].withdrawn_by == "publisher"
    assert bench.registry.get_sample_value("ingest_withdrawals_total", {"by": "publisher"}) == 1


async def test_a_page_that_stays_missing_takes_it_down_in_three_days() -> None:
    bench = Bench()
    await bench.put("another")
    bench.pages.failures[await bench.put("one")] = MISSING
    await bench.pass_days(2)
    assert bench.said("one") == []
    await bench.pass_days(2)
    assert bench.said("one") == ["publisher: 404 3 times"]
    assert bench.said("another") == []


async def test_a_site_that_answers_404_to_everything_takes_nothing_down() -> None:
    """Some walls do; every article of the site would be erased."""
    bench = Bench()
    for name in ("one", "two", "three"):
        bench.pages.failures[await bench.put(name)] = MISSING
    await bench.pass_days(40)
    assert [bench.said(name) for name in ("one", "two", "three")] == [[], [], []]


async def test_a_site_that_answers_410_to_everything_for_an_hour_takes_nothing_down() -> None:
    """A server that was set up wrongly for an hour would have erased all that is looked at within it."""
    bench = Bench()
    urls = [await bench.put(name) for name in ("one", "two", "three")]
    bench.pages.failures |= dict.fromkeys(urls, GONE)
    await bench.pass_days(1)
    bench.pages.failures.clear()
    await bench.pass_days(40)
    assert [bench.said(name) for name in ("one", "two", "three")] == [[], [], []]


async def test_a_page_that_was_gone_with_the_whole_site_is_taken_down_once_the_site_is_back_without_it() -> (
    None
):
    bench = Bench()
    urls = [await bench.put(name) for name in ("one", "two", "three")]
    bench.pages.failures |= dict.fromkeys(urls, GONE)
    await bench.pass_days(1)
    del bench.pages.failures[urls[1]], bench.pages.failures[urls[2]]
    await bench.pass_days(1)
    assert [bench.said(name) for name in ("one", "two", "three")] == [["publisher: 410"], [], []]


async def test_a_site_that_is_gone_for_good_is_not_asked_for_ever() -> None:
    bench = Bench()
    for name in ("one", "two"):
        bench.pages.failures[await bench.put(name)] = GONE
    await bench.pass_days(40)
    asked = len(bench.pages.asked)
    assert asked
    await bench.pass_days(40)
    assert len(bench.pages.asked) == asked


@pytest.mark.parametrize("failure", [BROKEN, WALL], ids=["a broken server", "a bot wall"])
async def test_neither_a_fault_nor_a_wall_takes_anything_down(failure: Failed) -> None:
    bench = Bench()
    bench.pages.failures[await bench.put("one")] = failure
    await bench.pass_days(40)
    assert bench.said("one") == []
    assert len(bench.pages.asked) <= len(AFTER)


async def test_a_host_with_a_wall_is_left_alone_for_the_day() -> None:
    bench = Bench()
    for number in range(5):
        bench.pages.failures[await bench.put(f"article{number}")] = WALL
    await bench.pass_days(1)
    assert (len(bench.pages.asked), bench.looks("barred"), bench.looks("spared")) == (1, 1, 4)


async def test_an_article_that_is_alive_costs_four_looks_in_all() -> None:
    bench = Bench()
    await bench.put("one")
    await bench.pass_days(60)
    assert len(bench.pages.asked) == bench.looks("alive") == 4


class HangingPages:
    """A host that never answers."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def fetch_page(self, url: str) -> FetchOutcome:
        del url
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_page_that_hangs_holds_up_no_exit() -> None:
    bench, pages, stop = Bench(), HangingPages(), asyncio.Event()
    await bench.put("one")
    bench.clock.advance(86_400 * 2)
    bench.rechecks._pages = pages
    running = asyncio.create_task(bench.rechecks.run(stop))
    await asyncio.wait_for(pages.asked.wait(), 5)
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_while_the_store_is_away_it_waits_and_goes_on_afterwards() -> None:
    bench, stop = Bench(), asyncio.Event()
    await bench.put("one")
    bench.clock.advance(86_400 * 2)
    bench.items.down = True
    running = asyncio.create_task(bench.rechecks.run(stop))
    await asyncio.wait({running}, timeout=0.05)
    bench.items.down = False

    async def looked() -> bool:
        return bench.looks("alive") == 1

    await eventually(looked, within_s=5)
    stop.set()
    await asyncio.wait_for(running, 5)
