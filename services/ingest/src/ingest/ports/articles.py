"""Articles as far as ingest remembers them: stored, looked at again, taken down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingest.domain.articles.decide import StoredItem, WithdrawnBy
from ingest.domain.articles.page_state import PageState
from ingest.domain.articles.recheck import Looked, Next
from shared.contracts.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Note:
    """Something seen of a stored article that makes no revision.

    Attributes:
        id: the article.
        keys: ids that it is known by from now on, besides those that it has.
        copies: those of them that stand for copies of it.
        shown_at: when the source that holds it showed it; None where it did not, or was noted lately.
        looked_at: when its page was asked for; None where it was not.
        page: what became of an article's own page; None leaves what is known.
    """

    id: str
    keys: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    shown_at: datetime | None = None
    looked_at: datetime | None = None
    page: PageState | None = None


class ItemStore(Protocol):
    """Articles as far as ingest remembers them, each with its pending events.

    No two articles ever have a key in common, whichever replicas store them.
    """

    async def known_by(self, keys: Sequence[str]) -> list[StoredItem]:
        """Return the articles that any of these keys stands for, each once; an article's id is one of its keys."""
        ...

    async def insert(self, item: StoredItem, event: Envelope) -> bool:
        """Store a new article together with its event; False when one of its keys is already another's."""
        ...

    async def replace(self, item: StoredItem, event: Envelope) -> bool:
        """Store a revision over the one before it, with its event, in one write.

        Keys that the article has got meanwhile are kept.

        Returns:
            False when the revision before it is not what is stored, or a key of it is another article's by now.

        Raises:
            OutboxFullError: too many events of this article wait already.
        """
        ...

    async def withdraw(self, item: StoredItem, event: Envelope) -> bool:
        """Store the withdrawal `item` over the revision before it, erasing all that tells of the article's content.

        Its waiting events are dropped in the same write; only that of the withdrawal is left.

        Returns:
            False when the revision before it is not what is stored.
        """
        ...

    async def note(self, notes: Sequence[Note]) -> None:
        """Remember what was seen; a key that is another article's by now is left out."""
        ...

    async def left_early(self, source_id: str, shown: Sequence[str], since: datetime) -> int:
        """Have the pages of articles looked at soon that a feed no longer shows, though it shows older ones.

        An article is noticed once, until it is shown again.

        Args:
            source_id: the source that holds them.
            shown: ids of the articles that it shows.
            since: articles published before have left it in due course; aware UTC.

        Returns:
            How many were noticed.
        """
        ...

    async def counts(self) -> dict[str, int]:
        """Return how many articles each source brought, by the source's id."""
        ...

    async def waiting(self, most: int) -> int:
        """Return about how many events wait to be published, whichever replica stored them; cheap.

        Args:
            most: counting may end with so many articles.
        """
        ...


@dataclass(frozen=True, slots=True)
class Look:
    """The right to look at one article's page until the lease ends.

    Attributes:
        item: the article.
        known: what earlier looks found.
        ticket: names the claim; an older one is worth nothing.
    """

    item: StoredItem
    known: Looked
    ticket: str


class LookStore(Protocol):
    """Which articles' pages are looked at again, and when; several replicas share it, by the store's clock."""

    async def claim_look(self, lease_s: float) -> Look | None:
        """Take a live article whose page is due, first those that left their feed early; None where none is due.

        No two callers ever hold one article at once.

        Args:
            lease_s: seconds after which another may take it.
        """
        ...

    async def finish_look(self, look: Look, then: Next) -> bool:
        """Record what a look found and when the next one is due; False when the lease had ended meanwhile."""
        ...

    async def sibling(self, item: StoredItem) -> StoredItem | None:
        """Return the newest other live article of the same source and host, None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What came of a withdrawal.

    Attributes:
        item: what is left of the article.
        already: True where it had been withdrawn before, so that nothing was done.
    """

    item: StoredItem
    already: bool


class Withdrawing(Protocol):
    """Takes articles down."""

    async def find(self, article_id: str) -> StoredItem:
        """Return an article by its id, or by one that it was once known by.

        Raises:
            UnknownArticleError: there is none.
        """
        ...

    async def __call__(self, article_id: str, by: WithdrawnBy, reason: str) -> Withdrawn:
        """Take an article down; safe to repeat.

        Args:
            article_id: which.
            by: who wants it.
            reason: a word of explanation.

        Raises:
            UnknownArticleError: there is no such article.
            BusyArticleError: others changed it again and again meanwhile.
        """
        ...
