"""What an update learns about its source: false answers, new addresses, sources that are gone."""

from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, NotModified, Reason, Validators
from ingest.ports import Finish
from tests.suites.ingest_fakes import FakeWeb, rss
from tests.suites.ingest_stores import claimed, source
from tests.unit.ingest.test_update import FIRST, URL, Desk

STUCK = Validators('"stuck"', "Fri, 01 Jan 2041 00:00:00 GMT")
NEWER = rss([("https://a.kg/3", "Three"), ("https://a.kg/1", "One")])


@pytest.fixture
def desk() -> Desk:
    return Desk()


@dataclass
class StuckServer(FakeWeb):
    """A server whose validators never change, so that it says "not modified" to whoever sends them."""

    conditional: list[bool] = field(default_factory=list)

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        self.conditional.append(validators != Validators())
        if validators.etag == STUCK.etag:
            return NotModified(STUCK)
        answer = await super().fetch(url, validators)
        if not isinstance(answer, Fetched):
            return answer
        return replace(answer, validators=replace(STUCK, body_digest=answer.validators.body_digest))


async def soon(desk: Desk, web: FakeWeb, body: bytes) -> str:
    """Poll the source an hour later, which now serves `body`; return the outcome."""
    web.bodies[URL] = body
    desk.clock.advance(4000)
    return (await desk.build(web)(await claimed(desk.sources))).outcome


async def test_a_server_whose_not_modified_is_false_is_found_out_within_the_day(desk: Desk) -> None:
    """Readers: FreshRSS#1020 had a feed stand still for years behind such an ETag."""
    web = StuckServer()
    await desk.sources.seed([source("a")])
    assert await soon(desk, web, FIRST) == "ok"
    assert await soon(desk, web, NEWER) == "not_modified"
    desk.clock.advance(86_400)
    with capture_logs() as logs:
        assert await soon(desk, web, NEWER) == "ok"
    assert [line["change"] for line in logs if line["event"] == "source_changed"] == ["distrusted"]
    web.conditional.clear()
    assert await soon(desk, web, NEWER) == "unchanged"
    assert await soon(desk, web, FIRST) == "ok"
    assert web.conditional == [False, False]


@dataclass
class MovedServer(FakeWeb):
    """A server that redirects for good."""

    to: str = "https://new.a.kg/feed"

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        self.bodies.setdefault(self.to, FIRST)
        answer = await super().fetch(self.to, validators)
        if url == self.to or isinstance(answer, Failed):
            return answer
        return replace(answer, moved_to=self.to)


async def test_a_source_that_moved_for_good_is_asked_at_its_new_address(desk: Desk) -> None:
    web = MovedServer()
    await desk.sources.seed([source("a")])
    with capture_logs() as logs:
        for _ in range(10):
            desk.clock.advance(86_400)
            await desk.build(web)(await claimed(desk.sources))
    (moved,) = [line for line in logs if line["event"] == "source_changed"]
    assert (moved["change"], moved["url"], moved["moved_to"]) == ("moved", URL, web.to)
    ((after, state),) = await desk.sources.all()
    assert (after.url, state.failures, len(desk.said())) == (web.to, 0, 2)


async def _poll_daily(desk: Desk, web: FakeWeb, days: int) -> None:
    """Poll whatever is due, every day."""
    for _ in range(days):
        desk.clock.advance(86_400)
        while (claim := await desk.sources.claim_due("one", 60)) is not None:
            await desk.build(web)(claim)


async def test_a_source_that_moved_to_the_address_of_another_is_given_up(desk: Desk) -> None:
    """Else two sources would fetch one feed for ever; whoever looks after them is told to remove one."""
    web = MovedServer()
    await desk.sources.seed([source("a"), replace(source("b"), url=web.to)])
    with capture_logs() as logs:
        await _poll_daily(desk, web, 10)
        asked = len(web.asked)
        await _poll_daily(desk, web, 14)
    (changed,) = [line for line in logs if line["event"] == "source_changed"]
    assert (changed["source"], changed["change"]) == ("a", "retired")
    (told, *_) = [line for line in logs if line.get("reason") == "duplicate"]
    assert (told["outcome"], told["detail"]) == (
        "failed",
        f"it moved for good to {web.to}, which is source b",
    )
    state = await desk.state()
    assert state.last_failure is Reason.DUPLICATE
    assert state.rhythm.retired_at is not None
    assert {one.url for one, _ in await desk.sources.all()} == {URL, web.to}
    assert len(web.asked) - asked == 14 + 2, "the other one every day, this one once a week"


async def test_a_source_that_was_given_up_for_another_takes_its_place_when_that_is_removed(
    desk: Desk,
) -> None:
    web = MovedServer()
    await desk.sources.seed([source("a"), replace(source("b"), url=web.to)])
    await _poll_daily(desk, web, 10)
    await desk.sources.remove("b")
    with capture_logs() as logs:
        await _poll_daily(desk, web, 7)
    assert [line["change"] for line in logs if line["event"] == "source_changed"] == ["moved", "revived"]
    ((after, state),) = await desk.sources.all()
    assert (after.url, state.last_failure, state.rhythm.retired_at) == (web.to, None, None)


async def test_a_source_that_is_gone_for_a_week_is_retired_and_comes_back_with_its_feed(desk: Desk) -> None:
    desk.web.failures[URL] = Failed(Reason.GONE, "HTTP status 410", 410)
    with capture_logs() as logs:
        for _ in range(5):
            await desk.update()
        assert (await desk.state()).rhythm.retired_at is not None
        del desk.web.failures[URL]
        desk.clock.advance(86_400 * 7)
        assert (await desk.update(FIRST)).outcome == "ok"
    assert [line["change"] for line in logs if line["event"] == "source_changed"] == ["retired", "revived"]
    assert (await desk.state()).rhythm.retired_at is None


async def test_validators_of_a_304_are_remembered(desk: Desk) -> None:
    web = StuckServer()
    await desk.sources.seed([source("a")])
    await soon(desk, web, FIRST)
    known = (await desk.state()).validators
    other = replace(known, last_modified=None)
    desk.clock.advance(4000)
    await desk.sources.finish(await claimed(desk.sources), Finish(600, validators=other))
    assert await soon(desk, web, FIRST) == "not_modified"
    assert (await desk.state()).validators == known
