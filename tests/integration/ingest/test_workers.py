"""Documents are read in processes of their own: whatever one does there, the service and the next document are well."""

import asyncio
import gzip
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import uvloop

from ingest.adapters.archive_documents import WorkerArchiveReader
from ingest.adapters.feed_documents import WorkerFeedReader
from ingest.adapters.workers import WorkerLimits, WorkerPool
from ingest.adapters.workers.pool import WorkFailedError
from ingest.adapters.workers.process import _READ_AHEAD_BYTES, WorkerEndedError, WorkerProcess
from ingest.domain.fetching.outcomes import Fetched, Reason, UnreadableFeedError, Validators
from shared.testing.eventually import eventually
from tests.integration.ingest.local_web import local_web
from tests.suites import worker_tasks as tasks
from tests.suites.ingest_fakes import PlainArchiveReader, PlainReader, rss
from tests.suites.ingest_stores import source
from tests.suites.open_files import none_left_open

ROOT = Path(__file__).resolve().parents[3]
QUICK = WorkerLimits(seconds=4, memory_bytes=64 * 1024 * 1024)


@pytest.fixture(autouse=True)
def _tasks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@asynccontextmanager
async def working(limits: WorkerLimits = QUICK, size: int = 1) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(size, limits, load=(tasks.MODULE,))
    try:
        yield pool
    finally:
        await pool.close()


def runs(pid: int) -> bool:
    """Whether a process is there and has not ended."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


async def gone(*pids: int) -> None:
    async def probe() -> bool:
        return not any(runs(pid) for pid in pids)

    await eventually(probe, within_s=10, what=f"{pids} are gone")


async def reason_of(pool: WorkerPool, task: Callable[[bytes], object], document: bytes = b"x") -> Reason:
    with pytest.raises(UnreadableFeedError) as caught:
        await pool.run(task, document)
    assert caught.value.detail
    return caught.value.reason


async def test_no_process_is_started_before_a_document_comes_and_one_serves_many() -> None:
    async with working(size=3) as pool:
        assert pool.pids == ()
        assert await pool.run(tasks.length, b"123") == 3
        first = pool.pids
        assert await pool.run(tasks.length, bytes(15 * 1024 * 1024)) == 15 * 1024 * 1024
        assert (len(first), pool.pids) == (1, first)


async def test_a_worker_that_was_started_early_serves_the_first_document() -> None:
    """Loading its libraries takes a second or more, which the first poll after a start would have to wait for."""
    async with working(size=3) as pool:
        pool.warm()

        async def started() -> bool:
            return len(pool.pids) == 1

        await eventually(started, within_s=30, what="a worker before any document")
        early = pool.pids
        assert await pool.run(tasks.length, b"123") == 3
        assert pool.pids == early


async def test_a_document_that_comes_while_the_first_worker_starts_waits_for_it_and_starts_no_other() -> None:
    async with working(size=3) as pool:
        pool.warm()
        assert await pool.run(tasks.length, b"123") == 3
        assert len(pool.pids) == 1


async def test_a_worker_that_starts_early_and_fails_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The document starts one itself, and says why where it cannot."""
    async with working() as pool:
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        pool.warm()
        await asyncio.sleep(0)
        with pytest.raises(WorkFailedError):
            await pool.run(tasks.length, b"")
        monkeypatch.undo()
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        assert await pool.run(tasks.length, b"123") == 3


async def test_closing_does_not_wait_for_a_worker_that_ended_in_the_middle_of_its_answer() -> None:
    """Asyncio reads no further than so much ahead, and waited for the end of a pipe that nobody read."""
    with none_left_open():
        async with working(size=1) as pool:
            assert await pool.run(tasks.length, b"123") == 3
            (worker,) = pool._idle
            asked = asyncio.create_task(pool.run(tasks.repeat, b"123"))

            async def more_is_there_than_is_read_ahead() -> bool:
                return len(worker._child.answers._buffer) > 2 * _READ_AHEAD_BYTES  # type: ignore[attr-defined]

            await eventually(more_is_there_than_is_read_ahead, within_s=20, every_s=0, what="the answer")
            asked.cancel()
            async with asyncio.timeout(10):
                await asyncio.wait({asked})
                await pool.close()


def test_a_worker_that_ended_is_known_for_it_on_the_loop_that_services_run_on_too() -> None:
    """It says so in other words than asyncio's: the document was blamed for a fault of ours."""

    async def lose_one() -> None:
        worker = await WorkerProcess.start((str(QUICK.memory_bytes), "60", tasks.MODULE))
        worker.kill()
        await worker._process.wait()
        with pytest.raises(WorkerEndedError):
            await worker.ask(b"task", bytes(10_000_000))
        await worker.end()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(lose_one())


async def test_closing_ends_a_worker_that_was_started_early() -> None:
    async with working() as pool:
        pool.warm()

        async def started() -> bool:
            return len(pool.pids) == 1

        await eventually(started, within_s=30, what="a worker before any document")
        early = pool.pids
    await gone(*early)


async def test_closing_does_not_wait_for_a_worker_that_is_being_started() -> None:
    async with working() as pool:
        pool.warm()
        await asyncio.sleep(0)
    assert pool.pids == ()


async def test_a_feed_reads_the_same_there_as_here() -> None:
    body = rss([("https://a.kg/1", "Один"), ("https://a.kg/2", "Эки")])
    answer = Fetched("https://a.kg/rss", body, "application/rss+xml", Validators(), len(body))
    async with working() as pool:
        there = await WorkerFeedReader(pool).read(answer, source("a"), timedelta(hours=6))
    assert there == await PlainReader().read(answer, source("a"), timedelta(hours=6))
    assert len(there.normalised.candidates) == 2


ARCHIVE = (
    ("https://a.kg/robots.txt", b"User-agent: *\nSitemap: https://a.kg/news.xml\n"),
    ("https://a.kg/index.xml.gz", gzip.compress(b"<sitemapindex><sitemap><loc>/1.xml</loc></sitemap></sitemapindex>")),
    ("https://a.kg/feed", rss([("https://a.kg/1", "One")]).replace(b"<channel>", b"<channel><link rel='next' href='/2'/>")),
)  # fmt: skip


@pytest.mark.parametrize(
    ("url", "body"), ARCHIVE, ids=["robots.txt", "packed index", "feed with older pages"]
)
async def test_a_document_of_an_archive_reads_the_same_there_as_here(url: str, body: bytes) -> None:
    answer = Fetched(url, body, None, Validators(), len(body))
    async with working() as pool:
        there = await WorkerArchiveReader(pool).read(answer, source("a"), None)
    assert there == await PlainArchiveReader().read(answer, source("a"), None)
    assert there.links


async def test_an_index_of_sitemaps_that_takes_too_long_holds_up_nobody() -> None:
    """It was read in the service's own process, where it stopped the polls of all sources."""
    body = b"<sitemapindex>" + b"<sitemap><loc>/1.xml</loc></sitemap>" * 300_000
    answer = Fetched("https://a.kg/index.xml", body, None, Validators(), len(body))
    async with working(WorkerLimits(seconds=0.3)) as pool:
        with pytest.raises(UnreadableFeedError) as caught:
            await WorkerArchiveReader(pool).read(answer, source("a"), None)
    assert caught.value.reason is Reason.PARSE_TIMEOUT


async def test_what_is_no_feed_keeps_its_reason() -> None:
    async with working() as pool:
        assert await reason_of(pool, tasks.refuse) is Reason.NOT_A_FEED
        assert await pool.run(tasks.length, b"1") == 1


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        pytest.param(tasks.spin, Reason.PARSE_TIMEOUT, id="takes for ever"),
        pytest.param(tasks.swallow, Reason.PARSE_MEMORY, id="takes all memory"),
        pytest.param(tasks.die, Reason.PARSE_CRASH, id="ends its reader"),
    ],
)
async def test_a_document_that_misbehaves_is_named_and_its_worker_replaced(
    task: Callable[[bytes], object], reason: Reason
) -> None:
    async with working(WorkerLimits(seconds=2, memory_bytes=64 * 1024 * 1024)) as pool:
        await pool.run(tasks.length, b"")
        hurt = pool.pids
        assert await reason_of(pool, task, b"x" * 1000) is reason
        assert await pool.run(tasks.length, b"123") == 3
        assert set(pool.pids).isdisjoint(hurt)
        await gone(*hurt)


async def test_a_worker_killed_at_its_work_costs_that_document_alone() -> None:
    async with working() as pool:
        await pool.run(tasks.length, b"")
        (victim,) = pool.pids
        reading = asyncio.create_task(reason_of(pool, tasks.spin))
        await asyncio.sleep(0)
        os.kill(victim, signal.SIGKILL)
        assert await reading is Reason.PARSE_CRASH
        assert await pool.run(tasks.length, b"123") == 3


async def test_a_worker_killed_while_idle_costs_nothing() -> None:
    async with working() as pool:
        await pool.run(tasks.length, b"")
        (victim,) = pool.pids
        os.kill(victim, signal.SIGKILL)

        async def noticed() -> bool:
            return pool.pids == ()

        await eventually(noticed, what="the death is noticed")
        assert await pool.run(tasks.length, b"123") == 3


async def test_a_worker_is_replaced_after_so_many_documents() -> None:
    async with working(WorkerLimits(documents=2)) as pool:
        pids = [await pool.run(tasks.length, b"") or pool.pids for _ in range(4)]
        assert [len(one) for one in pids if isinstance(one, tuple)] == [1, 0, 1, 0]


async def test_who_no_longer_waits_leaves_no_worker_behind() -> None:
    """A source whose time is up is given back; what it made us do must not go on."""
    async with working() as pool:
        await pool.run(tasks.length, b"")
        busy = pool.pids
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pool.run(tasks.spin, b""), 0.05)
        await gone(*busy)


async def test_closing_ends_idle_and_busy_workers() -> None:
    async with working(size=2) as pool:
        await pool.run(tasks.length, b"")
        reading = asyncio.create_task(pool.run(tasks.spin, b""))
        await asyncio.sleep(0)
        pids = pool.pids
        await pool.close()
        assert not any(runs(pid) for pid in pids)
        with pytest.raises(UnreadableFeedError):
            await reading


async def test_a_service_that_is_killed_leaves_no_worker_behind() -> None:
    """Also not one that is busy with a document without end."""
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", tasks.MODULE), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert service.stdout is not None
    pids = [int(pid) for pid in (await service.stdout.readline()).split()]
    assert pids
    assert all(runs(pid) for pid in pids)
    service.kill()
    await service.wait()
    await gone(*pids)


async def test_a_fault_of_ours_is_told_as_one() -> None:
    async with working() as pool:
        with pytest.raises(WorkFailedError, match="ZeroDivisionError"):
            await pool.run(tasks.stumble, b"")
        assert await pool.run(tasks.length, b"1") == 1


async def test_a_document_opens_no_file_no_address_and_no_program(tmp_path: Path) -> None:
    """What a parser is talked into by an entity or an include must fail in the process that reads."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    async with working() as pool, local_web() as web:
        for task, document in (
            (tasks.open_file, os.fsencode(secret)),
            (tasks.write_file, os.fsencode(secret)),
            (tasks.write_file, os.fsencode(Path(sys.prefix) / "planted")),
            (tasks.call, str(web.port).encode()),
            (tasks.start_program, b"true"),
        ):
            with pytest.raises(WorkFailedError, match="PermissionError"):
                await pool.run(task, document)
        assert web.asked == []
        assert secret.read_text() == "secret"


async def test_a_worker_that_was_taken_over_can_make_the_service_do_nothing() -> None:
    """Its replies are values of ours or they are refused."""
    async with working() as pool:
        with pytest.raises(WorkFailedError, match="a reply that is none"):
            await pool.run(tasks.smuggle, b"")


async def test_a_worker_knows_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://user:secret@127.0.0.1/")
    async with working() as pool:
        assert "MONGODB_URI" not in await pool.run(tasks.environment, b"")
