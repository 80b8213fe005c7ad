"""What search needs from the outside, as small as it needs it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from search.domain.article import Article, Change
from search.domain.results import Ask, Found
from search.domain.revision import Revision
from shared.contracts.envelope import Envelope
from shared.query import Query


class IndexUnavailableError(Exception):
    """The index cannot answer now; the same question may be answered later."""


class IndexBusyError(Exception):
    """Too much is asked at once, or this question takes too long; asked a moment later it may be answered."""


class WalkExpiredError(Exception):
    """The cursor's order is no longer kept; the question must be asked from its beginning."""


class ViewNotWrittenError(Exception):
    """The view could not be changed, for the reason given; it still shows what it showed, and can be tried again."""


class ViewDamagedError(Exception):
    """What the view has on disk is not what was written: it must answer nothing until it is built anew."""


@dataclass(frozen=True, slots=True)
class Record:
    """A change to keep, with the event that announces it once it can be found, and what to remember of it."""

    change: Change
    announcement: Envelope
    revision: Revision | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a batch: `stored` changes were news, `older` ones were known already or outdated."""

    stored: int
    older: int


@dataclass(frozen=True, slots=True)
class Told:
    """A story: how many articles tell it, and those of them that were seen first, in that order, without their texts."""

    size: int = 0
    articles: tuple[Article, ...] = ()


class ArticleStore(Protocol):
    """Keeps every article; the record that every view is built from."""

    async def save(self, records: Sequence[Record]) -> Saved:
        """Store changes durably; safe to repeat, in any order: the highest revision of an article wins.

        Raises:
            DependencyDown: the store does not answer now; some of the batch may have been stored.
        """
        ...

    async def get(self, article_id: str) -> Change | None:
        """Return an article whole, its withdrawal, or None when it was never heard of.

        Raises:
            IndexUnavailableError: the store does not answer now.
        """
        ...

    async def telling(self, story: str | None) -> Told:
        """Return who tells a story; nobody, for None.

        Raises:
            IndexUnavailableError: the store does not answer now.
        """
        ...


class RevisionStore(Protocol):
    """Remembers when articles changed, and what of them."""

    async def revisions(self, article_id: str) -> Sequence[Revision]:
        """Return the revisions of an article, newest first; none of one that was withdrawn or never heard of.

        Raises:
            IndexUnavailableError: the store does not answer now.
        """
        ...


class ArticleIndex(Protocol):
    """Answers questions about articles. Totals are exact; newest order is the same from every adapter and replica."""

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for; past the end there are no articles, but the total stands.

        Raises:
            IndexUnavailableError: it cannot answer now.
        """
        ...


class RankedIndex(ArticleIndex, Protocol):
    """An index whose order by relevance can be fixed and read on. Its own `search` knows no cursor of that order."""

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        """Return the ids of the articles that answer a query, by relevance: `DEEPEST` at most.

        Raises:
            IndexUnavailableError: it cannot answer now.
        """
        ...

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer a query, in the order of `ids`; the total is the query's.

        Raises:
            IndexUnavailableError: it cannot answer now.
        """
        ...


class Walks(Protocol):
    """Keeps orders of articles that readers are on their way through, for a quarter of an hour, for every replica."""

    async def keep(self, name: str, ids: Sequence[str]) -> str:
        """Keep an order and return the id to read it by.

        One that was kept under this name within the last minute stays, and counts for both.

        Raises:
            IndexUnavailableError: it cannot be kept now.
        """
        ...

    async def read(self, walk_id: str, place: int, count: int) -> Sequence[str] | None:
        """Return so many ids from a place on, none behind the last one; None where the order is no longer kept.

        Raises:
            IndexUnavailableError: it cannot be read now.
        """
        ...


class Shown(Protocol):
    """Tells what can be found in a view."""

    async def revisions_of(self, ids: Collection[str]) -> Mapping[str, int]:
        """Return which revisions of some articles can be found here; those that cannot are left out.

        Raises:
            IndexUnavailableError: it cannot be read now.
        """
        ...


class View(Shown, Protocol):
    """An index of our own, kept like the record by applying its changes."""

    @property
    def unsaved(self) -> int:
        """How many articles are shown that a crash would undo: they are kept in memory until the next `commit`.

        A long one counts as several, for the room that it takes.
        """
        ...

    async def apply(self, changes: Sequence[Change], gone: Sequence[str] = ()) -> None:
        """Make changes visible: when this returns, a search sees them. They are safe with the next `commit`.

        Args:
            changes: what articles have become.
            gone: ids of articles that the record no longer knows.

        Raises:
            ViewNotWrittenError: a full disk, for one: what was applied since the last `commit` must be applied again,
                after `resume`.
        """
        ...

    async def resume(self) -> None:
        """Go on after a ViewNotWrittenError: everything since the last `commit` is about to be brought again."""
        ...

    def loading(self, count: int | None, *, answering: bool = False) -> AbstractAsyncContextManager[None]:
        """Make ready to `load` about so many articles, None for many, for as long as the block runs.

        Args:
            count: about how many.
            answering: whether it is searched meanwhile: those who help then stand back behind whoever answers.
        """
        ...

    async def load(self, changes: Sequence[Change], gone: Sequence[str] = (), *, replace: bool) -> None:
        """Take in a part of the record; it becomes visible and safe with the next `commit`.

        Calls may overlap; what they bring is taken in in the order of the calls.

        Args:
            changes: articles as the record has them, each at most once.
            gone: ids of articles that the record no longer knows.
            replace: whether the view may hold some of them already, were it in memory.

        Raises:
            ViewNotWrittenError: nothing since the last `commit` was kept.
            ViewDamagedError: it cannot be trusted any more.
        """
        ...

    async def commit(self) -> None:
        """Make visible what was loaded, and safe what was loaded or applied.

        Raises:
            ViewNotWrittenError: nothing since the last `commit` was kept.
            ViewDamagedError: it cannot be trusted any more.
        """
        ...

    async def clear(self) -> None:
        """Remove everything, before it is built anew.

        Raises:
            ViewNotWrittenError: it could not be removed, or not begun anew.
        """
        ...

    async def check(self) -> None:
        """Look at what is on disk, if it was not looked at since it was opened or since a search has failed.

        Raises:
            ViewDamagedError: it cannot be trusted any more.
        """
        ...
