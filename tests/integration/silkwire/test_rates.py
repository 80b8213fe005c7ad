"""`silkwire rates` against rates' own routes on a real port, as the gateway hands them on."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner, Result

from rates.api.backfills import make_backfills_router
from rates.api.history import make_history_router
from rates.api.history_book import HistoryBook
from rates.domain.banks import BANKS
from rates.domain.plans import PLANS
from shared.testing.eventually import eventually
from shared.web import AdminOnly, create_api, serve
from silkwire.backing.ports import free_port, is_free
from silkwire.cli import app
from silkwire.errors import StartError
from silkwire.folder import ADMIN_FILE
from silkwire.rates import backfill
from tests.suites import rates_documents as documents
from tests.suites.rates_backfills import BackfillRig
from tests.suites.rates_builders import CBU, NBKR, observation
from tests.suites.rates_fakes import MemoryBoardStore

TOKEN = "a-token-of-sixteen-letters"
MON = date(2026, 3, 9)


class Desk:
    """A running system with some rates, and the command line."""

    def __init__(self, folder: Path, port: int) -> None:
        self.rig = BackfillRig(datetime(2026, 4, 2, 11, 0, tzinfo=UTC))
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"

    async def run(self, *words: str) -> Result:
        """Run `silkwire rates ...` as somebody types it."""
        return await asyncio.to_thread(CliRunner().invoke, app, ["rates", *words, "--data", str(self.folder)])


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    port, stop = free_port(), asyncio.Event()
    made = Desk(tmp_path, port)
    made.rig.kept.kept = [
        observation(NBKR, MON + timedelta(days=day), f"87.{4500 + day}") for day in (0, 1, 2, 3, 4, 7, 8)
    ]
    api = create_api("t", "t", registry=CollectorRegistry())
    book = HistoryBook(made.rig.history, MemoryBoardStore(), PLANS)
    history = make_history_router(book, made.rig.clock)
    api.include_router(history, prefix="/api")
    admin = AdminOnly(TOKEN, "RATES_ADMIN_TOKEN")
    api.include_router(make_backfills_router(made.rig.backfiller, BANKS, admin, made.rig.clock))
    serving = asyncio.create_task(serve(api, "127.0.0.1", port, stop, drain_s=1))

    async def listens() -> bool:
        return not is_free(port)

    await eventually(listens, what="the rates service")
    known = {"gateway": made.url, "ingest": "", "rates": made.url, "token": TOKEN}
    (tmp_path / ADMIN_FILE).write_text(json.dumps(known), encoding="utf-8")
    yield made
    stop.set()
    await serving


async def test_a_history_is_a_table(desk: Desk) -> None:
    done = await desk.run("history", "kgs/usd", "--from", "2026-03-10", "--to", "2026-03-16")
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "KGS/USD, inverse: National Bank of the Kyrgyz Republic"
    assert [line.split() for line in lines[2:4]] == [
        ["2026-03-10", "0.01143509", "0%"],
        ["2026-03-11", "0.01143508", "0%"],
    ]
    assert lines[-1] == "5 sessions"


async def test_by_weeks_the_table_has_first_high_and_low(desk: Desk) -> None:
    done = await desk.run("history", "USD/KGS", "--group", "week")
    assert [line.split() for line in done.output.splitlines()[1:-1]] == [
        ["week", "last", "change", "first", "high", "low", "sessions"],
        ["2026-03-09", "87.4504", "87.45", "87.4504", "87.45", "5"],
        ["2026-03-16", "87.4508", "0%", "87.4507", "87.4508", "87.4507", "2"],
    ]


async def test_a_history_is_plotted(desk: Desk) -> None:
    done = await desk.run("history", "USD/KGS", "--plot")
    assert done.exit_code == 0, done.output
    assert "(USD/KGS)" in done.output
    assert "2026-03-09" in done.output
    assert any("\u2801" <= letter <= "\u28ff" for letter in done.output), "braille dots"


async def test_csv_goes_to_a_file_or_to_the_next_program(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "kgs.csv"
    done = await desk.run("history", "USD/KGS", "--csv", str(path))
    assert done.output == f"{path}: 7 rows\n"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [Decimal(row["exact_value"]) for row in rows][:2] == [Decimal("87.45"), Decimal("87.4501")]
    assert date.fromisoformat(rows[0]["session_on"]) == MON
    piped = await desk.run("history", "USD/KGS", "--csv", "-")
    assert piped.output == path.read_text()


async def test_json_is_the_answer_as_it_is(desk: Desk) -> None:
    done = await desk.run("history", "KGS/USD", "--json")
    assert len(json.loads(done.output)["rows"]) == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["KGSUSD"], "no pair"),
        (["XAU/USD"], "nothing is known of XAU"),
        (["KGS/USD", "--from", "2026-04-02", "--to", "2026-04-01"], "--from 2026-04-02 is later than --to"),
        (["KGS/USD", "--plot", "--csv", "-"], "one of --plot, --csv and --json"),
    ],
)
async def test_what_cannot_be_shown_is_told(desk: Desk, words: list[str], said: str) -> None:
    done = await desk.run("history", *words)
    assert isinstance(done.exception, StartError)
    assert said in str(done.exception)


async def test_more_than_one_answer_holds_is_asked_for_in_parts(desk: Desk, tmp_path: Path) -> None:
    """The README's own example: from 2015 on, session by session."""
    olden = [date(2012, 3, 1), date(2013, 3, 6), date(2024, 3, 6), date(2024, 3, 7)]
    desk.rig.kept.kept += [observation(NBKR, day, "85.1000") for day in olden]
    done = await desk.run("history", "USD/KGS", "--from", "2000-01-01", "--json")
    assert done.exit_code == 0, done.output
    days = [date.fromisoformat(row["session_on"]) for row in json.loads(done.output)["rows"]]
    assert (days[:5], len(days)) == ([*olden, MON], 11)
    path = tmp_path / "kgs.csv"
    done = await desk.run("history", "USD/KGS", "--from", "2000-01-01", "--csv", str(path))
    assert done.output == f"{path}: 11 rows\n"
    with path.open(newline="") as file:
        assert [date.fromisoformat(row["session_on"]) for row in csv.DictReader(file)] == days
    done = await desk.run("history", "USD/KGS", "--from", "2000-01-01", "--to", "2013-03-06")
    assert done.output.splitlines()[-1] == "2 sessions"
    done = await desk.run("history", "USD/KGS", "--from", "1990-01-01", "--to", "2003-03-06")
    assert "nothing is known of this time" in done.output


async def test_the_address_may_be_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no folder is named, SILKWIRE_URL counts, and above all what is typed."""
    monkeypatch.setenv("SILKWIRE_URL", desk.url)
    for words in ([], ["--url", f"{desk.url}/"]):
        done = await asyncio.to_thread(CliRunner().invoke, app, ["rates", "history", "KGS/USD", *words])
        assert done.output.splitlines()[-1] == "7 sessions"


async def test_a_backfill_is_shown_until_it_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "LOOK_EVERY_S", 0.01)
    label_on = date(2026, 3, 4)
    desk.rig.by_date(CBU, label_on, documents.cbu(label_on, "12142.10"))
    running = asyncio.create_task(
        desk.run("backfill", "--from", "2026-03-03", "--to", "2026-03-03", "--bank", "cbu")
    )

    async def worked() -> bool:
        desk.rig.clock.advance(5)
        await desk.rig.backfiller.step(CBU)
        return running.done()

    await eventually(worked, within_s=20)
    done = await running
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-2:] == [
        "CBU  2026-03-03 to 2026-03-03 done: 1 session fetched, 0 to go, 0 days without; 1 request",
        "1 session fetched by 1 request",
    ]
    again = await desk.run("backfill", "--follow", "--json")
    assert json.loads(again.stdout)["backfills"][0]["stored"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--from", "2026-04-01"], "--from should be 2026-03-31 or earlier"),
        (["--from", "2026-12-01"], "--from should be 2026-03-31 or earlier"),
        (["--from", "2020-01-01", "--to", "2019-01-01"], "--from 2020-01-01 is later than --to 2019-01-01."),
        (["--from", "2020-01-01", "--bank", "foo"], "--bank should be one of"),
        (["--follow", "--bank", "foo"], "No backfill of FOO is known"),
        (["--follow", "--to", "2019-01-01"], "either --from or --follow"),
    ],
)
async def test_a_backfill_that_cannot_be_is_told_once_by_its_options(
    desk: Desk, words: list[str], said: str
) -> None:
    """What is younger than three days is polled for: a backfill of it would be done before it began."""
    done = await desk.run("backfill", *words)
    assert isinstance(done.exception, StartError)
    assert said in done.exception.problem
    assert said not in " ".join(done.exception.way_out)
    assert not await desk.rig.backfiller.progress(BANKS)


async def test_a_backfill_must_know_where_to_begin(desk: Desk) -> None:
    done = await desk.run("backfill")
    assert "either --from or --follow" in str(done.exception)
