"""Takes an article down: erases it here and says so, in one write, raced safely against new revisions."""

from collections.abc import Callable

import structlog

from ingest.domain.articles.decide import StoredItem, WithdrawnBy
from ingest.domain.articles.withdrawal import withdrawal_of
from ingest.metrics import Metrics
from ingest.pipeline.events import withdrawn
from ingest.pipeline.storing import MAX_TRIES
from ingest.ports import BusyArticleError, ItemStore, UnknownArticleError, Withdrawn
from shared.clock import Clock

_log = structlog.get_logger()


class Withdrawals:
    """The port `Withdrawing` over a store of items.

    Args:
        items: where they are stored.
        clock: where time comes from.
        metrics: numbers.
        published: called after an event was stored, to wake the relay.
    """

    def __init__(
        self, items: ItemStore, clock: Clock, metrics: Metrics, published: Callable[[], None]
    ) -> None:
        self._items = items
        self._clock = clock
        self._metrics = metrics
        self._published = published

    async def find(self, article_id: str) -> StoredItem:
        """Return an article by its id, or by one that it was once known by.

        Raises:
            UnknownArticleError: there is none.
            StoreDownError: the store does not answer.
        """
        found = await self._items.known_by([article_id])
        if not found:
            raise UnknownArticleError
        return found[0]

    async def __call__(self, article_id: str, by: WithdrawnBy, reason: str) -> Withdrawn:
        """Take an article down.

        Args:
            article_id: which.
            by: who wants it.
            reason: a word of explanation.

        Raises:
            UnknownArticleError: there is no such article.
            BusyArticleError: others changed it again and again meanwhile.
            StoreDownError: the store does not answer; whether it was taken down is unknown, and doing it again is safe.
        """
        for _ in range(MAX_TRIES):
            stored = await self.find(article_id)
            item = withdrawal_of(stored, by)
            if item is None:
                return Withdrawn(stored, already=True)
            if await self._items.withdraw(item, withdrawn(item, f"{by}: {reason}", self._clock.now())):
                self._published()
                self._metrics.withdrawals.labels(by).inc()
                _log.info("article_withdrawn", article=item.id, rev=item.rev, by=by, outcome="ok")
                return Withdrawn(item, already=False)
        raise BusyArticleError
