"""One feed read twice, by the whole pipeline on stores in memory: the second time must add and change nothing."""

from datetime import timedelta

from prometheus_client import CollectorRegistry

from ingest.domain.rhythm.schedule import Pace
from ingest.metrics import Metrics
from ingest.pipeline.storing import Storing
from ingest.pipeline.update import SourceUpdate
from shared.testing.clock import FixedClock
from tests.conformance.feeds.outcome import PASSED, Outcome
from tests.suites.ingest_fakes import FakeWeb, MemoryItemStore, MemorySourceStore, PlainReader
from tests.suites.ingest_stores import NOW, claimed, source

_LATER = timedelta(days=2)


async def judge(body: bytes) -> Outcome | None:
    """Read a document, two days later read it again; None for one without an article in it."""
    clock, items = FixedClock(NOW), MemoryItemStore()
    sources, web = MemorySourceStore(clock), FakeWeb(with_etags=False)
    metrics = Metrics(CollectorRegistry())
    update = SourceUpdate(
        fetcher=web,
        reader=PlainReader(),
        sources=sources,
        storing=Storing(items=items, sources=sources, clock=clock, metrics=metrics, published=lambda: None),
        clock=clock,
        pace=Pace(600, 60),
        metrics=metrics,
        deadline_s=60,
    )
    await sources.seed([source("a")])
    web.bodies[source("a").url] = body
    first = await update(await claimed(sources))
    if not first.counts["new"]:
        return None
    clock.advance(_LATER.total_seconds())
    web.bodies[source("a").url] = body + b"\n"  # the same bytes would not even be read
    second = await update(await claimed(sources))
    added = {verdict: second.counts[verdict] for verdict in ("new", "changed") if second.counts[verdict]}
    if second.outcome != "ok" or second.counts["same"] != first.counts["new"] or added:
        return Outcome("failed", f"first {dict(first.counts)}, then {second.outcome} {dict(second.counts)}")
    return PASSED
