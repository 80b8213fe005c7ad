"""Asks whichever index is the right one at the moment, and measures how it answers."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Literal

from search.domain.results import Ask, Found
from search.metrics import Metrics
from search.ports import ArticleIndex, IndexUnavailableError

IndexName = Literal["tantivy", "mongo"]


class IndexSwitch:
    """Several indexes as one.

    Args:
        choose: the index that may answer now, and its name.
        as_of: the moment up to which it has followed the record, where that lies so far back that readers must be told.
        metrics: search's.
    """

    def __init__(
        self,
        choose: Callable[[], tuple[IndexName, ArticleIndex]],
        as_of: Callable[[], datetime | None],
        metrics: Metrics,
    ) -> None:
        self._choose = choose
        self._as_of = as_of
        self._metrics = metrics

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for.

        Raises:
            IndexUnavailableError: the index cannot answer now.
        """
        name, index = self._choose()
        started = time.perf_counter()
        try:
            found = await index.search(ask)
        except IndexUnavailableError:
            self._metrics.queries.labels(name, "unavailable").inc()
            raise
        self._metrics.queries.labels(name, "ok").inc()
        self._metrics.query_seconds.labels(name).observe(time.perf_counter() - started)
        return replace(found, as_of=self._as_of()) if name == "tantivy" else found
