"""What ingest and rates make of the newsroom: every article whole, and the ticker's four lines, whenever it starts."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

import httpx2
import pytest
from fastapi import FastAPI

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.articles.identity import article_id
from ingest.domain.articles.normalise import normalise_feed
from ingest.domain.decoding.decode import decode
from ingest.domain.sources.opml import parse_opml
from ingest.domain.sources.source import Source as IngestSource
from rates.domain.archives import ARCHIVES, check_range, labels
from rates.domain.banks import BANKS, Ask, Bank
from rates.domain.checks import check_archived, check_latest
from rates.domain.derivation import derive, past
from rates.domain.display import ticker_text
from rates.domain.fixings import Line, Status
from rates.domain.observations import Observation, observe
from rates.domain.plans import PLANS
from rates.domain.tables import Table
from silkwire.newsroom import Newsroom, opml
from silkwire.newsroom.banks.answers import Banks
from silkwire.newsroom.banks.api import bank_routes

ANCHOR = datetime(2026, 6, 18, 9, 30, tzinfo=UTC)
BASE = "http://127.0.0.1:8090"
STARTS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=7 * week, hours=13 * week) for week in range(56)]


@cache
def room() -> Newsroom:
    return Newsroom(ANCHOR, base_url=BASE)


@cache
def listed() -> tuple[IngestSource, ...]:
    found = parse_opml(opml(BASE).encode(), "sources.opml")
    assert found.faults == ()
    return found.sources


@pytest.mark.parametrize("source", listed(), ids=lambda source: source.id)
def test_ingest_reads_every_article_whole(source: IngestSource) -> None:
    feed = room().feed(source.id, ANCHOR)
    raw = parse_feed(decode(feed.body, feed.media_type).text, source.url)
    assert raw.flaw is None
    read = normalise_feed(raw, source, source.url)
    assert (read.unusable, read.repeated, read.beyond_limit) == ((), 0, 0)
    expected = room().of_source(source.id, ANCHOR)
    assert [candidate.title for candidate in read.candidates] == [article.title for article in expected]
    assert [candidate.text.split() for candidate in read.candidates] == [
        article.text.split() for article in expected
    ]
    assert [candidate.published.at for candidate in read.candidates if candidate.published] == [
        article.published_at for article in expected
    ]
    assert {candidate.id for candidate in read.candidates} == {
        article_id(source.outlet, f"guid:{article.guid}") for article in expected
    }
    assert {candidate.language for candidate in read.candidates} == {source.language}


async def read_table(client: httpx2.AsyncClient, ask: Ask) -> tuple[Table, bytes]:
    answer = await client.get(ask.path)
    reading = ask.parse(answer.content)
    assert isinstance(reading, Table), (ask.path, reading)
    return reading, answer.content


async def tables(client: httpx2.AsyncClient, bank: Bank, now: datetime) -> list[Observation]:
    """Ask as rates does on an empty store: the newest table, then the one of the session before."""
    ask = bank.latest(bank.today_on(now))[0]
    newest, payload = await read_table(client, ask)
    check_latest(newest, asked_on=ask.asked_on, today_on=bank.today_on(now), calendar=bank.calendar)
    session_on = bank.session_of(newest.label_on)
    before = bank.archived(session_on)
    previous, previous_payload = await read_table(client, before)
    check_archived(previous, asked_on=session_on, exact=before.exact)
    return [*observed(bank, newest, payload, now), *observed(bank, previous, previous_payload, now)]


def observed(bank: Bank, table: Table, payload: bytes, now: datetime) -> tuple[Observation, ...]:
    return observe(
        table,
        key=bank.key,
        printed=bank.printed,
        session_on=bank.session_of(table.label_on),
        fetched_at=now,
        payload=payload,
    )


async def lines(start: datetime, now: datetime) -> list[Line | None]:
    """What all banks together make of the ticker's pairs."""
    app = FastAPI()
    app.include_router(bank_routes(Banks(start), lambda: now))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE) as client:
        said = [observation for bank in BANKS for observation in await tables(client, bank, now)]
    return [derive(plan, said) for plan in PLANS if plan.authority in BANKS]


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.strftime("%a %d %b %Hh"))
async def test_rates_reads_the_promised_ticker_whenever_the_newsroom_starts(start: datetime) -> None:
    found = await lines(start, start)
    assert [
        line and ticker_text(line.fixing.pair, line.fixing.value, line.fixing.change_pct) for line in found
    ] == [
        "KGS/USD = 0.01190 0%",
        "KZT/USD = 0.00211 0%",
        "TJS/USD = 0.09438 0.21%",
        "UZS/USD = 0.00008 0%",
    ]


@pytest.mark.parametrize("days", [0, 1, 5, 30, 300])
async def test_the_sample_banks_confirm_each_other(days: int) -> None:
    """Invented tables that contradict each other would fill the demo with doubts."""
    found = await lines(ANCHOR, ANCHOR + timedelta(days=days))
    assert [line and line.status for line in found] == [Status.OK] * 4


@pytest.mark.parametrize(
    ("first_on", "last_on"),
    [
        (ANCHOR.date() - timedelta(days=360), ANCHOR.date() - timedelta(days=2)),
        (date(2021, 9, 6), date(2021, 11, 30)),
    ],
)
async def test_the_past_of_the_sample_is_in_its_archives_and_believed(first_on: date, last_on: date) -> None:
    """Who tries a backfill on the sample gets a history to look at, without a gap or a doubt."""
    app = FastAPI()
    app.include_router(bank_routes(Banks(ANCHOR), lambda: ANCHOR))
    said: list[Observation] = []
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=BASE) as client:
        for bank in BANKS:
            archive = ARCHIVES[bank.id]
            known = labels(bank, archive, first_on, last_on)
            asked = (
                [(min(known.values()), max(known.values()))]
                if archive.span_days > 1
                else [(label_on, label_on) for label_on in known.values()]
            )
            for begin, end in asked:
                ask = archive.ask(begin, end)
                payload = (await client.get(ask.path)).content
                found = ask.parse(payload)
                check_range(found, ask, bank.calendar)
                said += [item for table in found for item in observed(bank, table, payload, ANCHOR)]
    for plan in PLANS:
        if plan.authority in BANKS:
            sessions = past(plan, said)
            assert {item.status for item in sessions} == {Status.OK}
            held_on = [item.fixing.session_on for item in sessions]
            assert held_on[0] - first_on < timedelta(days=14)
            days = (held_on[0] + timedelta(days=day) for day in range((held_on[-1] - held_on[0]).days + 1))
            assert held_on == [day for day in days if plan.authority.calendar.works_on(day)]
