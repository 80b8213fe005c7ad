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
from silkwire.backing.process import free_port, is_free
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
        where = ["--url", self.url] if words[0] == "history" else ["--data", str(self.folder)]
        return await asyncio.to_thread(CliRunner().invoke, app, ["rates", *words, *where])


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
    api.include_router(make_backfills_router(made.rig.backfiller, BANKS, admin))
    serving = asyncio.create_task(serve(api, "127.0.0.1", port, stop, drain_s=1))

    async def listens() -> bool:
        return not is_free(port)

    await eventually(listens, what="the rates service")
    known = {"rates": made.url, "token": TOKEN}
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
        (["XAU/USD"], "No bank's rate is known"),
        (["KGS/USD", "--from", "2000-01-01"], "read: after"),
    ],
)
async def test_what_cannot_be_shown_is_told(desk: Desk, words: list[str], said: str) -> None:
    done = await desk.run("history", *words)
    assert isinstance(done.exception, StartError)
    assert said in str(done.exception)


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
        "CBU  2026-03-03 to 2026-03-03 done: 1 sessions fetched, 0 to go, 0 days without; 1 requests",
        "1 sessions fetched by 1 requests",
    ]
    again = await desk.run("backfill", "--follow", "--json")
    assert json.loads(again.stdout)["backfills"][0]["stored"] == 1


async def test_a_backfill_must_know_where_to_begin(desk: Desk) -> None:
    done = await desk.run("backfill")
    assert "either --from or --follow" in str(done.exception)
