"""Tantivy alone for comparison: one text field in its own analysis, filters, an order, and what a page shows."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tantivy import Document, FieldType, Index, Occur, Query, Schema, SchemaBuilder

from search.domain.article import HIGHEST_KEY, Article, first_key, last_key
from shared.query import Filter, Words
from tests.bench.comparing import entry_of, keys_of
from tests.bench.mix import PAGE_SIZE, Line, spoken

_HEAP_BYTES = 64 * 2**20
_WORD = re.compile(r"\w+")


class BareTantivy:
    """An index in a folder.

    Args:
        where: the folder.
    """

    def __init__(self, where: str) -> None:
        Path(where).mkdir(exist_ok=True)
        self._schema = _schema()
        self._index = Index(self._schema, path=where)
        self._index.config_reader(reload_policy="manual")
        self._index.reload()
        self._writer = self._index.writer(_HEAP_BYTES, num_threads=1)

    def add(self, articles: Sequence[Article]) -> None:
        """Index articles."""
        for told in articles:
            fields: dict[str, object] = {"text": f"{told.title}\n{told.text}", "key": told.key}
            fields["entry"] = entry_of(told)
            fields.update(keys_of(told).items())
            self._writer.add_document(Document.from_dict(fields, self._schema))
        self._writer.commit()

    def finish(self) -> None:
        """Wait until nothing is being merged."""
        self._writer.wait_merging_threads()

    def answer(self, line: Line) -> int | None:
        """Fetch the page that a query asks for; return the exact total."""
        searcher = self._index.searcher()
        order = None if line.ranked else "key"
        result = searcher.search(self._compiled(line), PAGE_SIZE, offset=line.start, order_by_field=order)
        for _, address in result.hits:
            searcher.doc(address)["entry"]
        return int(result.count)  # type: ignore[attr-defined]  # it has a count that its stub leaves out

    def _compiled(self, line: Line) -> Query:
        query = line.query
        parts = [(Occur.Must, self._either(group.any_of)) for group in query.groups]
        parts += [(Occur.MustNot, self._words(words)) for words in query.excluded]
        parts += [
            (Occur.MustNot if it.negated else Occur.Must, self._filter(it)) for it in query.filters.fields
        ]
        if query.filters.after or query.filters.before:
            parts.append((Occur.Must, self._days(query.filters.after, query.filters.before)))
        if not any(occur == Occur.Must for occur, _ in parts):
            parts.append((Occur.Must, Query.all_query()))
        return parts[0][1] if len(parts) == 1 else Query.boolean_query(parts)

    def _either(self, any_of: Sequence[Words]) -> Query:
        return Query.boolean_query([(Occur.Should, self._words(words)) for words in any_of])

    def _words(self, words: Words) -> Query:
        found = _WORD.findall(" ".join(spoken(words)))
        if words.prefix and len(found) == 1:
            return Query.regex_query(self._schema, "text", f"{found[0]}.*")
        if len(found) == 1:
            return Query.term_query(self._schema, "text", found[0], index_option="freq")
        return Query.phrase_query(self._schema, "text", list(found))

    def _filter(self, item: Filter) -> Query:
        return Query.boolean_query(
            [
                (Occur.Should, Query.term_query(self._schema, item.field, value, index_option="basic"))
                for value in item.values
            ]
        )

    def _days(self, after: date | None, before: date | None) -> Query:
        lowest = 0 if after is None else first_key(after)
        highest = HIGHEST_KEY if before is None else last_key(before)
        return Query.range_query(self._schema, "key", FieldType.Unsigned, lowest, highest)


def _schema() -> Schema:
    builder = SchemaBuilder()
    builder.add_text_field("text", index_option="position")
    for name in ("source", "outlet", "country", "language", "topic"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_bytes_field("entry", stored=True)
    return builder.build()
