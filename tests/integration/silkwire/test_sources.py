"""`silkwire sources` against ingest's real administration, with real feeds on a local web."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner, Result

from ingest.api.source_admin import source_admin_router
from ingest.api.sources import sources_router
from ingest.domain.rhythm.schedule import Pace
from ingest.pipeline.discovery import Discovery
from ingest.pipeline.managing import SourceManager
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually
from shared.web import AdminOnly, create_api, serve
from silkwire.backing.ports import free_port, is_free
from silkwire.cli import app
from silkwire.errors import StartError
from silkwire.folder import ADMIN_FILE, Admin, read_admin
from tests.suites.ingest_fakes import FakeWeb, MemoryItemStore, MemorySourceStore, PlainReader, rss
from tests.suites.ingest_stores import NOW, source

TOKEN = "a-token-of-sixteen-letters"
PAGE = (
    b'<html><head><title>A</title><link rel="alternate" type="application/rss+xml" href="/ky/rss">'
    b'<link rel="alternate" type="application/rss+xml" href="/ru/rss"></head></html>'
)


def typed_in(line: list[str], answers: str = "") -> Result:
    """Run the command line in this thread."""
    return CliRunner().invoke(app, line, input=answers)


class Desk:
    """A data folder whose ingest runs, and the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sources = MemorySourceStore(FixedClock(NOW))
        self.web = FakeWeb()

    async def run(self, *words: str, typed: str = "") -> Result:
        """Run `silkwire sources ...` as somebody types it."""
        line = ["sources", *words, "--data", str(self.folder)]
        return await asyncio.to_thread(typed_in, line, typed)

    async def ids(self) -> list[str]:
        """The ids of all sources."""
        return [one.id for one, _ in await self.sources.all()]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made, port, stop = Desk(tmp_path), free_port(), asyncio.Event()
    discover = Discovery(made.web, PlainReader(), FixedClock(NOW))
    api = create_api("t", "t", registry=CollectorRegistry())
    admin = AdminOnly(TOKEN, "INGEST_ADMIN_TOKEN")
    api.include_router(sources_router(made.sources, MemoryItemStore(), Pace(600, 60), FixedClock(NOW)))
    api.include_router(source_admin_router(made.sources, SourceManager(made.sources), discover, admin))
    serving = asyncio.create_task(serve(api, "127.0.0.1", port, stop, drain_s=1))

    async def listens() -> bool:
        return not is_free(port)

    await eventually(listens, what="the administration")
    known = Admin("http://127.0.0.1:1", f"http://127.0.0.1:{port}", TOKEN)
    (tmp_path / ADMIN_FILE).write_text(json.dumps(asdict(known)), encoding="utf-8")
    yield made
    stop.set()
    await serving


async def test_a_source_is_added_by_the_address_of_its_site(desk: Desk) -> None:
    """Nobody knows the addresses of feeds by heart."""
    desk.web.bodies |= {
        "https://a.kg/": PAGE,
        "https://a.kg/ky/rss": rss([("https://a.kg/1", "One")], title="A.kg"),
    }
    done = await desk.run("add", "https://a.kg/", "--country", "KG", typed="y\n")
    assert done.exit_code == 0, done.output
    for part in ("A.kg  (rss20", "1 entries", "2026-09-22 04:00Z exact", "One", "Add it?", "added A.kg"):
        assert part in done.output
    ((made, _),) = await desk.sources.all()
    assert (made.url, made.name, made.country, made.rights) == (
        "https://a.kg/ky/rss",
        "A.kg",
        "KG",
        "excerpt",
    )


async def test_of_several_feeds_one_is_chosen(desk: Desk) -> None:
    """A script cannot be asked, so it must say how it wants to choose."""
    desk.web.bodies |= {
        "https://a.kg/": PAGE,
        "https://a.kg/ky/rss": rss([("https://a.kg/1", "One")], title="Kyrgyz"),
        "https://a.kg/ru/rss": rss([("https://a.kg/2", "Two")], title="Russian"),
    }
    asked = await desk.run("add", "https://a.kg/", "--yes")
    assert isinstance(asked.exception, StartError)
    assert "--first" in str(asked.exception)
    assert "2. Russian" in asked.output
    done = await desk.run("add", "https://a.kg/", "--first", "--yes", "--json")
    assert json.loads(done.output)["name"] == "Kyrgyz"
    again = await desk.run("add", "https://a.kg/ky/rss", "--yes")
    assert "already here" in str(again.exception)


async def test_who_is_shown_eight_feeds_learns_that_there_may_be_more(desk: Desk) -> None:
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{number}/rss">' for number in range(16)
    )
    desk.web.bodies["https://a.kg/"] = f"<html><head><title>A</title>{links}</head></html>".encode()
    desk.web.bodies |= {
        f"https://a.kg/{number}/rss": rss([(f"https://a.kg/{number}", "One")]) for number in range(16)
    }
    asked = await desk.run("add", "https://a.kg/", "--yes")
    assert isinstance(asked.exception, StartError)
    assert asked.exception.problem == "8 feeds were found."
    assert "no more than 8 are looked at" in asked.exception.way_out[0]


async def test_without_a_feed_every_try_is_told(desk: Desk) -> None:
    done = await desk.run("add", "https://a.kg/", "--yes")
    assert "No feed was found" in str(done.exception)
    assert "https://a.kg/rss: not found" in str(done.exception)


async def test_an_address_is_taken_as_people_write_it(desk: Desk) -> None:
    """Nobody types the scheme; and whoever waits is told for what."""
    desk.web.bodies["https://a.kg"] = rss([("https://a.kg/1", "One")], title="A.kg")
    done = await desk.run("add", "a.kg", "--yes", "--time-zone", "Asia/Bishkek", "--rights", "full")
    assert done.exit_code == 0, done.exception
    assert "Looking for a feed behind https://a.kg," in done.stderr
    ((made, _),) = await desk.sources.all()
    assert (made.url, made.time_zone, made.rights) == ("https://a.kg", "Asia/Bishkek", "full")


async def test_who_adds_a_real_source_to_the_sample_is_told(desk: Desk) -> None:
    """Readers of its pages would take real news for invented news; to try it out is fine."""
    desk.web.bodies |= {f"https://a.kg/{name}": rss([(f"https://a.kg/{name}1", "One")]) for name in "xy"}
    assert "sample" not in (await desk.run("add", "https://a.kg/x", "--yes")).output
    (desk.folder / "kind").write_text("sample\n", encoding="utf-8")
    told = await desk.run("add", "https://a.kg/y", typed="n\n")
    assert "its pages call everything made up" in told.output
    assert len(await desk.ids()) == 1


async def test_a_setting_that_cannot_be_is_refused_with_what_can(desk: Desk) -> None:
    desk.web.bodies["https://a.kg/rss"] = rss([("https://a.kg/1", "One")], title="A.kg")
    done = await desk.run("add", "https://a.kg/rss", "--yes", "--rights", "all")
    assert done.exit_code == 2
    assert all(f"'{allowed}'" in done.output for allowed in ("title", "excerpt", "full"))
    refused = await desk.run("add", "https://a.kg/rss", "--yes", "--time-zone", "Bishkek")
    assert "IANA name, such as Asia/Bishkek" in str(refused.exception)


async def test_a_list_goes_out_and_comes_back(desk: Desk, tmp_path: Path) -> None:
    await desk.sources.seed([source("a"), source("b", paused=True)])
    assert (await desk.run("export", str(tmp_path / "out.opml"))).exit_code == 0
    await desk.sources.remove("a")
    told = await desk.run("import", str(tmp_path / "out.opml"), "--dry-run")
    assert "would be added 1, changed 0, unchanged 1, left out 0" in told.output
    assert await desk.ids() == ["b"]
    done = await desk.run("import", str(tmp_path / "out.opml"))
    assert "added 1, changed 0, unchanged 1, left out 0" in done.output
    assert await desk.ids() == ["a", "b"]
    assert (await desk.run("export")).output.count("<outline") == 2


async def test_the_sources_are_listed_with_the_ids_that_the_other_commands_take(desk: Desk) -> None:
    """All of them name the system in the same way."""
    await desk.sources.seed([source("a"), source("b", paused=True)])
    told = await desk.run("list")
    assert told.exit_code == 0, told.exception
    assert [line.split()[:2] for line in told.output.splitlines()[1:3]] == [["A", "a"], ["B", "b"]]
    listed = json.loads((await desk.run("list", "--json")).output)["sources"]
    assert [(one["id"], one["state"]) for one in listed] == [("a", "active"), ("b", "paused")]


async def test_a_source_is_paused_resumed_polled_and_removed(desk: Desk) -> None:
    await desk.sources.seed([source("a")])
    assert "paused A  (a)" in (await desk.run("pause", "a")).output
    assert "resume it first" in str((await desk.run("poll", "a")).exception)
    assert "resumed A  (a)" in (await desk.run("resume", "a")).output
    assert "will be polled now: A" in (await desk.run("poll", "a")).output
    assert "in use: A" in (await desk.run("revive", "a")).output
    assert (await desk.run("remove", "a", typed="n\n")).exit_code == 0
    assert await desk.ids() == ["a"]
    assert "removed A" in (await desk.run("remove", "a", "--yes")).output
    assert await desk.ids() == []
    unknown = await desk.run("remove", "a", "--yes")
    assert "There is no source a." in str(unknown.exception)
    assert "sources list" in str(unknown.exception)


async def test_a_folder_on_which_nothing_ran_is_told_with_the_ways_out(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["sources", "pause", "a", "--data", str(tmp_path)])
    assert isinstance(done.exception, StartError)
    assert "--data DIR" in str(done.exception)
    assert "INGEST_ADMIN_TOKEN" in str(done.exception)


async def test_an_ingest_elsewhere_is_named_with_its_token(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token comes from the environment or a file, never from the command line, which others can read."""
    known = read_admin(tmp_path)
    assert known is not None
    await desk.sources.seed([source("a")])
    line = ["sources", "pause", "a", "--ingest-url", known.ingest]
    for key in ("INGEST_ADMIN_TOKEN", "INGEST_ADMIN_TOKEN_FILE"):
        monkeypatch.delenv(key, raising=False)
    without = await asyncio.to_thread(typed_in, line)
    assert "set INGEST_ADMIN_TOKEN" in str(without.exception)
    looked = await asyncio.to_thread(typed_in, ["sources", "list", "--ingest-url", known.ingest])
    assert "A " in looked.output
    monkeypatch.setenv("INGEST_ADMIN_TOKEN", "another-token-altogether")
    wrong = await asyncio.to_thread(typed_in, line)
    assert "not the one that ingest was started with" in str(wrong.exception)
    monkeypatch.delenv("INGEST_ADMIN_TOKEN")
    (tmp_path / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    monkeypatch.setenv("INGEST_ADMIN_TOKEN_FILE", str(tmp_path / "token"))
    assert "paused A" in (await asyncio.to_thread(typed_in, line)).output
