"""One replica of search without its HTTP and its bus: a view and what follows the record for it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_follower import MongoFollower
from search.adapters.position_file import PositionFile
from search.adapters.tantivy_schema import VERSION
from search.adapters.tantivy_view import TantivyView
from search.domain.results import Ask
from search.metrics import Metrics
from shared.clock import SystemClock
from shared.mongo import Database
from shared.query import read_query
from shared.testing.eventually import eventually

HEAP_BYTES = 16 * 1024 * 1024
PAGE = 100


class Replica:
    """One replica's view and what follows the record for it.

    Attributes:
        announced: set when changes became visible.
    """

    def __init__(self, view: TantivyView, follower: MongoFollower, registry: CollectorRegistry) -> None:
        self.view = view
        self.follower = follower
        self.announced = asyncio.Event()
        self._registry = registry

    @property
    def rebuilds(self) -> int:
        """How often the view was built from nothing."""
        return self.counted("search_view_rebuilds_total")

    @property
    def indexed(self) -> int:
        """How many changes were made visible."""
        return self.counted("search_indexed_total")

    @property
    def waits(self) -> int:
        """How often it was told how long a revision took to become visible."""
        return self.counted("search_visible_seconds_count")

    def counted(self, name: str) -> int:
        """Return the value of a counter without labels."""
        return int(self._registry.get_sample_value(name) or 0)

    async def revisions(self) -> dict[str, int]:
        """Return what the view shows: id -> revision, walked from the newest to the oldest."""
        shown: dict[str, int] = {}
        ask = Ask(read_query(""), "newest", PAGE)
        while True:
            found = await self.view.search(ask)
            shown |= {one.id: one.article.rev for one in found.articles}
            if found.next is None:
                assert len(shown) == found.total, f"{len(shown)} are shown of {found.total} counted"
                return shown
            ask = Ask(ask.query, ask.sort, ask.limit, behind=found.next)

    async def shows(self, expected: Mapping[str, int], *, within_s: float = 60) -> None:
        """Wait until the view shows exactly these articles at these revisions, and is level."""

        async def same() -> bool:
            # A view that was opened answers only then.
            assert self.follower.caught_up, f"not level: {self.follower.state()}"
            shown = await self.revisions()
            assert shown == expected, _difference(shown, expected)
            return True

        await eventually(same, within_s=within_s, what=f"the view showing {len(expected)} articles")

    async def has_waited(self, times: int) -> None:
        """Wait until it was told so often how long a revision took to become visible."""

        async def told() -> bool:
            assert self.waits <= times
            return self.waits == times

        await eventually(told, what=f"{times} revisions that became visible")

    async def becomes_level(self, *, within_s: float = 60) -> None:
        """Wait until the view has caught up."""

        async def level() -> bool:
            return self.follower.caught_up

        await eventually(level, within_s=within_s, what="the view is level")


@asynccontextmanager
async def replica(
    database: Database,
    store: MongoArticleStore,
    folder: Path,
    *,
    schema: str = VERSION,
    trust_s: float = 60,
    processes: int = 0,
) -> AsyncIterator[Replica]:
    """A replica that lives as long as the block."""
    registry, stop = CollectorRegistry(), asyncio.Event()
    view = TantivyView(folder / "index", HEAP_BYTES, trust_s=trust_s, processes=processes)
    file = PositionFile(folder / "position.json")
    if not await view.open(wait=False):
        file.remove()
    visible = asyncio.Event()
    follower = MongoFollower(
        database,
        schema=schema,
        view=view,
        file=file,
        clock=SystemClock(),
        metrics=Metrics(registry),
        on_visible=lambda _ids: visible.set(),
    )
    running = asyncio.create_task(follower.run(await store.prepare(), stop))
    made = Replica(view, follower, registry)
    made.announced = visible
    try:
        yield made
    finally:
        stop.set()
        await running
        await view.close()


def _difference(shown: Mapping[str, int], expected: Mapping[str, int]) -> str:
    """Return which articles a view shows otherwise than it should: id, what it shows, what it should."""
    ids = sorted(one for one in {*shown, *expected} if shown.get(one) != expected.get(one))
    told = ", ".join(f"{one}: {shown.get(one)} for {expected.get(one)}" for one in ids[:10])
    return f"{len(ids)} are shown otherwise: {told}"


async def record_revisions(database: Database) -> dict[str, int]:
    """Return what the record holds: id -> revision of every live article."""
    found = await database[ARTICLES].find({"state": "live"}, {"rev": 1}).to_list(None)
    return {document["_id"]: document["rev"] for document in found}
