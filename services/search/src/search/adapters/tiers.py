"""The two tiers of a view, as they are now: articles come into memory, and leave it once Tantivy has committed them."""

import threading
from collections.abc import Collection, Mapping

from tantivy import Searcher

from search.adapters.index_state import IndexState
from search.adapters.memtable import Memtable, Row
from search.adapters.tantivy_schema import Compiler


class Tiers:
    """Changed by two threads, of which one holds articles and the other commits them; read by any.

    Args:
        compiler: turns queries into Tantivy's.

    Attributes:
        state: what a search that begins now is to ask; it never changes itself.
    """

    state: IndexState

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._changing = threading.Lock()

    def begin(self, searcher: Searcher) -> None:
        """Begin with what Tantivy has, and nothing in memory."""
        with self._changing:
            self._become(searcher, Memtable())

    def hold(self, changes: Mapping[str, Row | None]) -> None:
        """Show these changes from now on; None for an article that is gone."""
        with self._changing:
            searcher, memtable = self.state.searcher, self.state.memtable
            new = [one for one in changes if one not in memtable.held]
            self._become(searcher, memtable.with_changes(changes, _known(searcher, new)))

    def commit(self, searcher: Searcher, committed: Mapping[str, Row | None]) -> None:
        """Show what Tantivy has now, and hold no more what it was given before that."""
        with self._changing:
            held = self.state.memtable.without(committed)
            self._become(searcher, Memtable(held, _known(searcher, held)))

    def _become(self, searcher: Searcher, memtable: Memtable) -> None:
        self.state = IndexState(searcher, memtable, self._compiler)


def _known(searcher: Searcher, ids: Collection[str]) -> frozenset[str]:
    """Return those of some articles that Tantivy has something of, if only what was deleted lately."""
    return frozenset(one for one in ids if searcher.doc_freq("id", one))
