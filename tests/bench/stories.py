"""How many articles a second the worker of stories groups, on a MongoDB of its own: `python -m tests.bench.stories`.

`BENCH_ARTICLES` articles of about 400 words (20,000), of which every tenth is a rewritten copy of an earlier one, are stored
first; then the worker reads their changes from the beginning, as after an absence. Row by row: making sketches (done by
whoever stores), grouping in memory, the worker with the database, and questions to a view for stories instead of articles,
which `BENCH_MATCHES` short articles answer (100,000).
"""

import asyncio
import logging
import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import structlog
import uvloop
from prometheus_client import CollectorRegistry

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_story_record import MongoStoryRecord, Place
from search.adapters.mongo_story_worker import MongoStoryWorker
from search.adapters.tantivy_view import TantivyView
from search.domain.article import Article
from search.domain.near_duplicates import sketch_of
from search.domain.results import Ask, Newest
from search.domain.stories import Stories, Teller
from search.metrics import Metrics
from shared.clock import SystemClock
from shared.mongo import Database, connect
from shared.query import read_query
from shared.testing.eventually import eventually
from silkwire.backing import mongod
from tests.bench.machine import described
from tests.suites.article_builders import a_record, an_article

AIM = 1200
"""Articles a second that are stored at most (row 6 of the search): the worker must keep up with them."""

MATCHES = int(os.environ.get("BENCH_MATCHES", "100000"))
WORDS = 400
START = datetime(2026, 11, 20, tzinfo=UTC)
_BATCH = 500
_QUESTIONS = 20


def made(count: int) -> list[Article]:
    """Return articles over a Zipf vocabulary, a thousand an hour; every tenth copies one of the last hundred."""
    dice = random.Random(1)  # noqa: S311  the same articles in every run
    ranks = range(1, 50_001)
    weights = list(accumulate(1 / rank for rank in ranks))
    vocabulary = [f"w{rank}" for rank in ranks]
    articles: list[Article] = []
    for number in range(count):
        words = dice.choices(vocabulary, cum_weights=weights, k=dice.randint(WORDS // 2, WORDS * 3 // 2))
        if number % 10 == 9:
            words = articles[-dice.randint(1, min(100, number))].text.split()
            for place in dice.sample(range(len(words)), len(words) // 20):
                words[place] = "other"
        at = START + timedelta(hours=number / 1000)
        articles.append(
            an_article(
                f"a{number:07}",
                title=" ".join(words[:8]),
                text=" ".join(words),
                published_at=at,
                first_seen_at=at,
            )
        )
    return articles


def _in_memory(articles: list[Article]) -> tuple[float, float, dict[str, str | None]]:
    """Return CPU ms an article of making sketches and of grouping, and the stories that articles tell with others."""
    began = time.process_time()
    sketches = [sketch_of(article.title, article.body) for article in articles]
    sketched = time.process_time()
    stories = Stories()
    for article, sketch in zip(articles, sketches, strict=True):
        if sketch is not None:
            stories.put(Teller(article.id, sketch, article.published_at, article.first_seen_at), None)
    told = stories.to_record()
    grouped = time.process_time()
    return (sketched - began) * 1000 / len(articles), (grouped - sketched) * 1000 / len(articles), told


async def _on_mongodb(database: Database, articles: list[Article], told: int) -> tuple[float, float]:
    """Return seconds and CPU seconds that the worker takes for all changes."""
    store, record = MongoArticleStore(database, SystemClock()), MongoStoryRecord(database)
    await store.prepare()
    before = await record.now()
    for start in range(0, len(articles), _BATCH):
        await store.save([a_record(article) for article in articles[start : start + _BATCH]])
    # As if a worker had stood here: the lease is taken, and then taken over.
    await record.leases.insert_one(
        {"_id": "bucket:0", "bucket": 0, "owner": None, "until": None, "epoch": 0, "place": None}
    )
    await record.save(Place(None, before), 0)
    worker = MongoStoryWorker(
        record, owner="bench", clock=SystemClock(), metrics=Metrics(CollectorRegistry())
    )
    stop = asyncio.Event()
    began, cpu_began = time.perf_counter(), time.process_time()
    running = asyncio.create_task(worker.run(stop))

    async def all_told() -> bool:
        return await database[ARTICLES].count_documents({"story": {"$type": "string"}}) >= told

    await eventually(all_told, within_s=600, every_s=0.2, what="every story")
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    stop.set()
    await running
    return seconds, cpu_s


async def _asking(folder: Path, matches: int) -> dict[str, list[float]]:
    """Return the sorted ms of questions that so many short articles answer, of which every fifth tells a story with another."""
    view = TantivyView(folder / "index", 64 * 1024 * 1024)
    await view.open()
    for start in range(0, matches, 5000):
        await view.load(
            [_short(number) for number in range(start, min(start + 5000, matches))], replace=False
        )
    await view.commit()
    middle = _short(matches // 2)
    plain = Ask(read_query("rail"), "newest", 6)
    once = replace(plain, collapse=True)
    asks = {
        "first page, every article": plain,
        "first page, each story once": once,
        "by cursor from the middle": replace(once, behind=Newest(middle.key, middle.id)),
        "page 1,500": replace(once, start=9000),
    }
    took: dict[str, list[float]] = {}
    for _ in range(_QUESTIONS):
        for name, ask in asks.items():
            began = time.perf_counter()
            await view.search(ask)
            took.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    await view.close()
    return {name: sorted(times) for name, times in took.items()}


def _short(number: int) -> Article:
    story = f"s{number // 10}" if number % 10 < 2 else None
    return an_article(f"a{number:07}", minutes=number, text="rail", html="", story=story)


async def _measure(mongodb_uri: str, articles: list[Article], told: int) -> tuple[float, float]:
    client = connect(mongodb_uri, appname="bench")
    found = await _on_mongodb(client.database("bench_stories"), articles, told)
    await client.close()
    return found


def main() -> int:
    """Start the server, measure, print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    articles = made(int(os.environ.get("BENCH_ARTICLES", "20000")))
    sketch_ms, group_ms, told = _in_memory(articles)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="silkwire-bench-")))
        database = mongod.start(folder / "mongodb")
        stack.callback(database.stop)
        seconds, cpu_s = uvloop.run(_measure(database.uri, articles, len(told)))
        asked = uvloop.run(_asking(folder, MATCHES))
        version = database.version
    rate = len(articles) / seconds
    out = sys.stdout.write
    out(
        f"{datetime.now(UTC):%Y-%m-%d}, {described()}, MongoDB {version}; {len(articles)} articles of {WORDS} words, "
    )
    out(f"{len(told)} of them tell a story with others\n\n| what | |\n|---|---|\n")
    out(f"| making a sketch | {sketch_ms:.3f} ms of processor time an article |\n")
    out(f"| grouping in memory | {group_ms:.3f} ms an article |\n")
    out(
        f"| the worker, database included | {rate:.0f} articles/s, {cpu_s * 1000 / len(articles):.3f} ms of its process |\n"
    )
    for name, times in asked.items():
        middle, worst = times[len(times) // 2], times[-1]
        out(f"| {MATCHES} matches, {name} | p50 {middle:.2f} ms, worst {worst:.2f} ms |\n")
    out(f"\naim of {AIM} articles/s: {'kept' if rate >= AIM else 'not kept'} ({rate:.0f})\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
