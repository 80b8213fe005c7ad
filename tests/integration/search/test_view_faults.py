"""Whatever happens to a view, it equals the record afterwards, by ids and revisions, and gives no wrong answer meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.position_file import PositionFile
from search.adapters.tantivy_folder import META, damage_of, fault_of, held_files
from search.adapters.tantivy_view import TantivyView
from search.ports import IndexUnavailableError, ViewDamagedError
from shared.bus.waiting import pause
from shared.clock import SystemClock
from shared.mongo import Database, connect
from shared.testing.eventually import eventually
from silkwire.backing import mongod
from tests.suites.article_builders import a_record, a_withdrawal, an_article
from tests.suites.article_index_suite import asking
from tests.suites.indexing_child import start_indexing
from tests.suites.search_replica import HEAP_BYTES, record_revisions, replica

KILLS = 20
PARTS = ("idx", "pos", "term", "store", "fast", "fieldnorm", "del")


@asynccontextmanager
async def always_news(store: MongoArticleStore) -> AsyncIterator[None]:
    """Articles that come, change and go all the time while the block runs; the seed is fixed, the moments are not."""
    stop, dice = asyncio.Event(), random.Random(7)  # noqa: S311  any order will do
    revisions: dict[str, int] = {}

    async def go_on() -> None:
        while not stop.is_set():
            ids = {f"n{dice.randrange(3000):04}" for _ in range(20)}
            changes = []
            for one in sorted(ids):
                rev = revisions[one] = revisions.get(one, 0) + 1
                gone = dice.random() < 0.1
                changes.append(a_withdrawal(one, rev=rev) if gone else an_article(one, rev=rev))
            await store.save([a_record(change) for change in changes])
            await pause(stop, 0.02)

    writing = asyncio.create_task(go_on())
    try:
        yield
    finally:
        stop.set()
        await writing


@pytest.mark.timeout(120)
@pytest.mark.parametrize("backlog", [False, True], ids=["a flow", "a backlog"])
async def test_twenty_kills_while_indexing_leave_a_view_that_equals_the_record(
    database: Database, store: MongoArticleStore, mongodb_uri: str, tmp_path: Path, *, backlog: bool
) -> None:
    """A machine that loses power, an operator in a hurry: nothing of it may be seen in an answer, nor cost a rebuild."""
    dice = random.Random()  # noqa: S311  any moment will do
    await store.save([a_record(an_article(f"old{number:04}")) for number in range(2000)])
    async with always_news(store):
        for _ in range(KILLS):
            child = start_indexing(mongodb_uri, database.name, tmp_path, backlog=backlog)
            await asyncio.sleep(dice.uniform(0.05, 1.0))
            child.kill()
            await asyncio.to_thread(child.join)
    # Where all were killed before any had saved a position, there is none to go on from.
    begun = PositionFile(tmp_path / "position.json").load() is not None
    async with replica(database, store, tmp_path) as one:
        await one.shows(await record_revisions(database), within_s=30)
        assert one.rebuilds == (0 if begun else 1)


async def test_a_first_scan_that_was_cut_goes_on_where_it_was(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    """A million articles take ten minutes: a restart in the ninth must not begin again."""
    await store.save([a_record(an_article(f"n{number:04}")) for number in range(3000)])
    async with replica(database, store, tmp_path) as one:

        async def under_way() -> bool:
            return one.follower.state().scanned >= 500

        await eventually(under_way, every_s=0.001)
    position = PositionFile(tmp_path / "position.json").load()
    assert position is not None
    assert position.scanned, "the scan was over before it could be cut"
    await store.save([a_record(an_article("n0001", rev=2)), a_record(a_withdrawal("n0002", rev=2))])
    async with replica(database, store, tmp_path) as again:
        await again.shows(await record_revisions(database))
        assert again.rebuilds == 0


async def damaged(view: TantivyView, folder: Path, part: str) -> Path:
    """A view whose folder has all kinds of files, closed; the file of a kind."""
    await view.open()
    await view.apply([an_article(f"n{number}", text=f"word{number} " * 50) for number in range(50)])
    await view.commit()
    await view.apply([an_article("n7", rev=2), a_withdrawal("n8")])
    await view.commit()
    await view.close()
    return _file_of(folder, part)


def _file_of(folder: Path, part: str) -> Path:
    return next(file for file in sorted(folder.iterdir()) if file.suffix == f".{part}")


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("how", ["cut", "halved", "emptied", "changed", "removed"])
async def test_a_damaged_file_is_noticed_before_anything_is_answered(
    tmp_path: Path, part: str, how: str
) -> None:
    """Tantivy opens such a folder and serves what the bytes happen to say: fewer results, or others."""
    folder = tmp_path / "index"
    path = await damaged(TantivyView(folder, HEAP_BYTES), folder, part)
    assert damage_of(folder) is None
    whole = path.read_bytes()
    middle = len(whole) // 3
    spoilt = {
        "cut": whole[:-1],
        "halved": whole[: len(whole) // 2],
        "emptied": b"",
        "changed": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    }
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(spoilt[how])
    assert path.name in (damage_of(folder) or "")
    again = TantivyView(folder, HEAP_BYTES)
    assert not await again.open()
    assert await again.count() == 0
    await again.close()


@pytest.mark.parametrize("part", PARTS)
async def test_a_view_opened_while_its_files_are_read_answers_nothing_before(
    tmp_path: Path, part: str
) -> None:
    """Gigabytes take seconds. What was written meanwhile may have come of a damaged file, which is gone by then."""
    folder = tmp_path / "index"
    path = await damaged(TantivyView(folder, HEAP_BYTES), folder, part)
    sound = TantivyView(folder, HEAP_BYTES)
    assert await sound.open(wait=False)
    with pytest.raises(IndexUnavailableError):
        await sound.search(asking())
    with pytest.raises(IndexUnavailableError):
        await sound.revisions_of(["n1"])
    await sound.check()
    assert (await sound.search(asking())).total == 49
    await sound.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    spoilt = TantivyView(folder, HEAP_BYTES)
    if await spoilt.open(wait=False):
        for _ in range(2):
            with pytest.raises(ViewDamagedError, match=part):
                await spoilt.check()
            with pytest.raises(IndexUnavailableError):
                await spoilt.search(asking())
        await spoilt.clear()
        await spoilt.check()
    assert (await spoilt.search(asking())).total == 0
    await spoilt.close()


async def test_a_damaged_file_that_was_replaced_before_it_was_read_is_found_all_the_same(
    tmp_path: Path,
) -> None:
    """A merge makes sound files of it, and removes it."""
    folder = tmp_path / "index"
    path = await damaged(TantivyView(folder, HEAP_BYTES), folder, "store")
    spoilt = bytearray(path.read_bytes())
    spoilt[len(spoilt) // 3] ^= 1
    path.write_bytes(spoilt)
    with ExitStack() as opened:
        files = held_files(folder, opened)
        path.unlink()
        assert fault_of(files[path.name]) == "its checksum is wrong"


async def test_a_file_that_cannot_be_opened_is_damage_too(tmp_path: Path) -> None:
    """A disk that begins to fail; or rights that somebody has changed. The view is made anew, search goes on."""
    folder = tmp_path / "index"
    path = await damaged(TantivyView(folder, HEAP_BYTES), folder, "store")
    path.unlink()
    path.mkdir()
    assert path.name in (damage_of(folder) or "")
    again = TantivyView(folder, HEAP_BYTES)
    assert not await again.open(wait=False)
    assert await again.count() == 0
    await again.close()


async def test_a_list_of_segments_that_cannot_be_read_is_damage_too(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    await damaged(TantivyView(folder, HEAP_BYTES), folder, "idx")
    (folder / META).write_bytes((folder / META).read_bytes()[:100])
    assert META in (damage_of(folder) or "")


async def test_damage_under_a_running_view_is_found_by_the_search_that_meets_it(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    """A disk that loses a block: the search fails, others answer from MongoDB, and the view is built anew."""
    await store.save([a_record(an_article(f"n{number}", text=f"word{number} " * 50)) for number in range(50)])
    async with replica(database, store, tmp_path, trust_s=0) as one:
        expected = await record_revisions(database)
        await one.shows(expected)
        for path in (tmp_path / "index").glob("*.store"):
            with path.open("r+b") as file:
                file.write(random.Random(1).randbytes(path.stat().st_size - 200))  # noqa: S311  any noise will do
        # What was read before is kept in memory, and right; the next change has all of it read again.
        await store.save([a_record(an_article("new"))])

        async def met() -> bool:
            try:
                found = await one.view.search(asking(limit=100))
            except IndexUnavailableError:
                return True
            assert {one.id: one.article.rev for one in found.articles}.items() <= all_of_them.items()
            return False

        async def built_anew() -> bool:
            return one.rebuilds == 2 and one.follower.caught_up

        all_of_them = {**expected, "new": 1}
        await eventually(met, within_s=15, every_s=0.001)
        await eventually(built_anew, within_s=15)
        await one.shows(all_of_them)


async def test_a_search_that_fails_on_a_sound_folder_does_not_have_it_built_anew(tmp_path: Path) -> None:
    """Else one odd query would take a replica away for minutes."""
    view = TantivyView(tmp_path / "index", HEAP_BYTES, trust_s=0)
    await view.open()
    await view.apply([an_article("a")])
    view.suspected = True
    with pytest.raises(IndexUnavailableError):
        await view.search(asking())
    await view.check()
    assert (await view.search(asking())).total == 1
    view.suspected = True
    (tmp_path / "index" / META).write_text("{")
    with pytest.raises(ViewDamagedError):
        await view.check()
    await view.close()


@pytest.mark.timeout(120)
async def test_a_view_whose_place_has_left_the_oplog_is_built_anew(mongo_driver: str, tmp_path: Path) -> None:
    """A replica that was away for a week: what changed meanwhile is no longer told, so it must read everything."""
    server = await asyncio.to_thread(
        mongod.start, tmp_path / "mongod", options=["--oplogSize", "1", "--syncdelay", "1"]
    )
    client = connect(server.uri, driver="motor" if mongo_driver == "motor" else "pymongo")
    try:
        database = client.database("search")
        store = MongoArticleStore(database, SystemClock())
        await store.prepare()
        await store.save([a_record(an_article(f"n{number}")) for number in range(20)])
        async with replica(database, store, tmp_path) as one:
            await one.shows(await record_revisions(database))
            await store.save([a_record(an_article("seen"))])
            await one.shows(await record_revisions(database))
        await store.save([a_record(a_withdrawal("n3")), a_record(an_article("missed"))])
        position = PositionFile(tmp_path / "position.json").load()
        assert position is not None
        oplog = client.database("local")["oplog.rs"]

        async def rolled_over() -> bool:
            await database["other"].insert_many([{"much": bytes(4 << 20)} for _ in range(4)])
            oldest = await oplog.find().sort("$natural", 1).limit(1).to_list(1)
            return (oldest[0]["ts"].time, oldest[0]["ts"].inc) > position.time

        await eventually(rolled_over, within_s=60, what="the oplog has rolled over")
        async with replica(database, store, tmp_path) as again:
            await again.shows(await record_revisions(database), within_s=30)
            assert again.rebuilds == 1
    finally:
        await client.close()
        await asyncio.to_thread(server.stop)
