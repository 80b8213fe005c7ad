"""How articles and queries look to Tantivy: fields, documents, compiled queries.

Words are analysed by shared.query before Tantivy sees them and are joined by spaces, so that its whitespace tokeniser
gives back exactly our terms, with the positions that phrases need. `*_forms` hold unstemmed words, for prefixes.
"""

from collections.abc import Sequence

from pydantic import TypeAdapter
from tantivy import Document, FieldType, Occur, Schema, SchemaBuilder
from tantivy import Query as TantivyQuery

from search.domain.article import HIGHEST_KEY, Article, first_key, last_key, subject_of
from shared.query import Filter, Filters, Query, Words, analyse

VERSION = "1"
"""Raised with every change of the fields or of the analysis; a view of another version is built anew."""

TITLE_BOOST = 3.0
"""A word in the title counts so many times a word in the text."""

_TEXTS = ("title", "text")
_entry: TypeAdapter[Article] = TypeAdapter(Article)


def build_schema() -> Schema:
    """Return the fields of the index."""
    builder = SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    for name in _TEXTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
        builder.add_text_field(f"{name}_forms", tokenizer_name="whitespace", index_option="basic")
    for name in ("source", "outlet", "country", "language", "topic"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_unsigned_field("rev", fast=True)
    builder.add_bytes_field("entry", stored=True)
    return builder.build()


def to_document(article: Article, schema: Schema) -> Document:
    """Return the article as a document of the index, with what a list of results shows of it."""
    return made_of(fields_of(article), schema)


def made_of(fields: dict[str, object], schema: Schema) -> Document:
    """Return the document with these fields."""
    # from_dict with the schema: without it a large integer is taken for a signed one and kills the writer's thread.
    return Document.from_dict(fields, schema)


def fields_of(article: Article) -> dict[str, object]:
    """Return the fields of an article's document; nearly all of the work of indexing it."""
    analysed = analyse(subject_of(article))
    fields: dict[str, object] = {
        "id": article.id,
        "title": " ".join(analysed.title_terms),
        "title_forms": " ".join(analysed.title_forms),
        "text": " ".join(analysed.text_terms),
        "text_forms": " ".join(analysed.text_forms),
        "key": article.key,
        "rev": article.rev,
        "entry": _entry.dump_json(article.listed()),
    }
    return fields | {name: sorted(keys) for name, keys in analysed.keys.items()}


def from_document(document: Document) -> Article:
    """Return what was stored with the document."""
    raw = document.get_first("entry")
    assert raw is not None  # noqa: S101  every document has one: see to_document
    return _entry.validate_json(bytes(raw))


class Compiler:
    """Turns queries into Tantivy's."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def compile(self, query: Query) -> TantivyQuery:
        """Return the query that finds exactly what `shared.query.matches` accepts."""
        parts = [(Occur.Must, _either([self._words(words) for words in g.any_of])) for g in query.groups]
        parts += [(Occur.MustNot, self._words(words)) for words in query.excluded]
        parts += self._filters(query.filters)
        # A query of exclusions alone excludes from nothing unless it is told from what; no score comes of this.
        return _all_of([(Occur.Must, TantivyQuery.const_score_query(TantivyQuery.all_query(), 0.0)), *parts])

    def with_keys(self, query: TantivyQuery, lowest: int, highest: int) -> TantivyQuery:
        """Return a compiled query narrowed to keys between two, both included."""
        return _all_of([(Occur.Must, query), (Occur.Must, self._keys(lowest, highest))])

    def by_id(self, article_id: str) -> TantivyQuery:
        """Return the query for one article."""
        return TantivyQuery.term_query(self._schema, "id", article_id, index_option="basic")

    def _words(self, words: Words) -> TantivyQuery:
        title = TantivyQuery.boost_query(self._in_field("title", words), TITLE_BOOST)
        return title if words.in_title else _either([title, self._in_field("text", words)])

    def _in_field(self, name: str, words: Words) -> TantivyQuery:
        if words.prefix:
            # Forms are letters and digits only, so nothing in them means anything to a regular expression.
            return TantivyQuery.regex_query(self._schema, f"{name}_forms", f"{words.terms[0]}.*")
        if len(words.terms) == 1:
            return TantivyQuery.term_query(self._schema, name, words.terms[0], index_option="freq")
        return TantivyQuery.phrase_query(self._schema, name, list(words.terms))

    def _filters(self, filters: Filters) -> list[tuple[Occur, TantivyQuery]]:
        parts = [self._filter(item) for item in filters.fields]
        if filters.after is not None or filters.before is not None:
            lowest = 0 if filters.after is None else first_key(filters.after)
            highest = HIGHEST_KEY if filters.before is None else last_key(filters.before)
            parts.append((Occur.Must, self._keys(lowest, highest)))
        return parts

    def _filter(self, item: Filter) -> tuple[Occur, TantivyQuery]:
        terms = [
            TantivyQuery.term_query(self._schema, item.field, value, index_option="basic")
            for value in item.values
        ]
        found = TantivyQuery.const_score_query(_either(terms), 0.0)
        return (Occur.MustNot if item.negated else Occur.Must, found)

    def _keys(self, lowest: int, highest: int) -> TantivyQuery:
        if highest < lowest:
            return TantivyQuery.empty_query()
        keys = TantivyQuery.range_query(self._schema, "key", FieldType.Unsigned, lowest, highest)
        return TantivyQuery.const_score_query(keys, 0.0)


def _either(queries: Sequence[TantivyQuery]) -> TantivyQuery:
    if len(queries) == 1:
        return queries[0]
    return TantivyQuery.boolean_query([(Occur.Should, query) for query in queries])


def _all_of(parts: Sequence[tuple[Occur, TantivyQuery]]) -> TantivyQuery:
    return TantivyQuery.boolean_query(list(parts))
