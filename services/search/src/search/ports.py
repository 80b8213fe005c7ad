"""What search needs from the outside, as small as it needs it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from search.domain.article import Article, Change
from search.domain.results import Ask, Found
from shared.contracts.envelope import Envelope


class IndexUnavailableError(Exception):
    """The index cannot answer now; the same question may be answered later."""


class ViewNotWrittenError(Exception):
    """The view could not be changed, for the reason given; it still shows what it showed, and can be tried again."""


class ViewDamagedError(Exception):
    """What the view has on disk is not what was written: it must answer nothing until it is built anew."""


@dataclass(frozen=True, slots=True)
class Record:
    """A change to keep, with the event that announces it once it can be found."""

    change: Change
    announcement: Envelope


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a batch: `stored` changes were news, `older` ones were known already or outdated."""

    stored: int
    older: int


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


class ArticleIndex(Protocol):
    """Answers questions about articles. Totals are exact; newest order is the same from every adapter and replica."""

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for; past the end there are no articles, but the total stands.

        Raises:
            IndexUnavailableError: it cannot answer now.
        """
        ...


class View(Protocol):
    """An index of our own, kept like the record by applying its changes."""

    async def apply(self, changes: Sequence[Change], gone: Sequence[str] = ()) -> None:
        """Make changes visible: when this returns, a search sees them and a crash does not undo them.

        Args:
            changes: what articles have become.
            gone: ids of articles that the record no longer knows.

        Raises:
            ViewNotWrittenError: a full disk, for one; nothing of it is visible.
        """
        ...

    def loading(self, count: int) -> AbstractAsyncContextManager[None]:
        """Make ready to `load` about so many articles, for as long as the block runs; calls may then overlap."""
        ...

    async def load(self, articles: Sequence[Article], *, replace: bool) -> None:
        """Take in a part of the record; it becomes visible and safe with the next `commit`.

        Args:
            articles: as the record has them.
            replace: whether the view may hold some of them already.

        Raises:
            ViewNotWrittenError: nothing since the last `commit` was kept.
        """
        ...

    async def commit(self) -> None:
        """Make visible what was loaded.

        Raises:
            ViewNotWrittenError: nothing since the last `commit` was kept.
        """
        ...

    async def clear(self) -> None:
        """Remove everything, before it is built anew.

        Raises:
            ViewNotWrittenError: it could not be removed, or not begun anew.
        """
        ...

    async def check(self) -> None:
        """Look at what is on disk, if a search has failed since the last look.

        Raises:
            ViewDamagedError: it cannot be trusted any more.
        """
        ...

    async def revision_of(self, article_id: str) -> int | None:
        """Return which revision of an article can be found here, or None."""
        ...
