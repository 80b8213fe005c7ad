"""The two tiers of a view, as they are now: articles come into memory, and leave it once Tantivy has committed them."""

import threading
from collections.abc import Mapping
from concurrent.futures import Executor

from tantivy import Searcher

from search.adapters.index_state import IndexState
from search.adapters.memtable import Memtable, Row
from search.adapters.tantivy_committed import Committed
from search.adapters.tantivy_schema import Compiler


class Tiers:
    """Changed by two threads, of which one holds articles and the other commits them; read by any.

    Args:
        compiler: turns queries into Tantivy's.
        beside: see `IndexState`.

    Attributes:
        state: what a search that begins now is to ask; it never changes itself.
    """

    state: IndexState

    def __init__(self, compiler: Compiler, beside: Executor) -> None:
        self._compiler = compiler
        self._beside = beside
        self._changing = threading.Lock()

    def begin(self, searcher: Searcher) -> None:
        """Begin with what Tantivy has, and nothing in memory."""
        with self._changing:
            self._become(Committed(searcher, self._compiler), Memtable())

    def size(self) -> int:
        """Return how many articles can be found."""
        return self.state.size()

    def hold(self, changes: Mapping[str, Row | None]) -> None:
        """Show these changes from now on; None for an article that is gone."""
        with self._changing:
            committed, memtable = self.state.committed, self.state.memtable
            new = [one for one in changes if one not in memtable.held]
            self._become(committed, memtable.with_changes(changes, committed.known(new)))

    def commit(self, searcher: Searcher, given: Mapping[str, Row | None]) -> None:
        """Show what Tantivy has now, and hold no more what it was given before that."""
        with self._changing:
            committed = Committed(searcher, self._compiler, self.state.committed)
            held = self.state.memtable.without(given)
            self._become(committed, Memtable(held, committed.known(held)))

    def _become(self, committed: Committed, memtable: Memtable) -> None:
        self.state = IndexState(committed, memtable, self._compiler, self._beside)
