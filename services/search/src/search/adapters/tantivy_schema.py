"""How articles and queries look to Tantivy: fields, documents, compiled queries.

Words are analysed by shared.query before Tantivy sees them and are joined by spaces, so that its whitespace tokeniser
gives back exactly our terms, with the positions that phrases need. The fields of texts are told in domain/ranking.py.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from tantivy import Document, FieldType, Index, IndexWriter, Occur, Schema, SchemaBuilder
from tantivy import Query as TantivyQuery

from search.adapters.stored_article import StoredArticle, read_stored, stored
from search.domain.article import HIGHEST_KEY, Article, first_key, last_key, subject_of
from search.domain.facets import FacetName, day_number, source_label, topic_labels
from search.domain.ranking import Part, bonuses, finding
from shared.query import Filter, Filters, Query, Streams, Subject, indexed_parts_of, keys_of

VERSION = "8"
"""Raised with every change of the fields, of the analysis, or of what lists say, and where views may have gone wrong before; a view
of another version is built anew."""

WORDS_VERSION = "6"
"""Raised with every change of the analysis; where MongoDB answers for good, the words of every article are made anew."""

FACET_FIELDS: dict[FacetName, str] = {
    "source": "source_label",
    "outlet": "outlet",
    "country": "country",
    "language": "language",
    "topic": "topic_label",
    "day": "day",
}
"""Which field is counted for each facet. A source has two keys, its id and its name: it is counted by one label, and a topic by one with its spelling."""

_TEXTS = ("title", "text")

Having = Callable[[str, str], int]


def build_schema() -> Schema:
    """Return the fields of the index."""
    builder = SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic", stored=True)
    for name in _TEXTS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
        builder.add_text_field(f"{name}_forms", tokenizer_name="whitespace", index_option="freq")
        builder.add_text_field(f"{name}_keys", tokenizer_name="whitespace", index_option="position")
    for name in ("source", "outlet", "country", "language", "topic"):
        builder.add_text_field(
            name, tokenizer_name="raw", index_option="basic", fast=name not in {"source", "topic"}
        )
    for name in ("source_label", "topic_label"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_unsigned_field("day", fast=True)
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_unsigned_field("rev", fast=True)
    builder.add_unsigned_field("story", indexed=True, fast=True)
    builder.add_bytes_field("entry", stored=True)
    return builder.build()


def writer_of(index: Index, heap_bytes: int) -> IndexWriter:
    """Return a writer of an index, with one thread.

    It has deleted nothing, once: Tantivy (0.26) gives a writer's first change the number of the last commit, and segments that
    are merged before the next one pass for having seen it. An article deleted so, to be replaced, was found in both revisions.
    """
    writer = index.writer(heap_bytes, num_threads=1)
    writer.delete_documents_by_term("id", "")
    return writer


def by_language(articles: Iterable[Article]) -> list[Article]:
    """Return articles in an order in which Tantivy records them sooner: those of one language together, as they came.

    It finds most of their words in the processor's caches then, and so does who stems them: of 500 articles in four languages
    it takes a seventh less.
    """
    return sorted(articles, key=lambda article: article.language or "")


def to_document(article: Article, schema: Schema) -> Document:
    """Return the article as a document of the index, with what a list of results shows of it."""
    return made_of(fields_of(article), schema)


def made_of(fields: dict[str, object], schema: Schema) -> Document:
    """Return the document with these fields."""
    # from_dict with the schema: without it a large integer is taken for a signed one and kills the writer's thread.
    return Document.from_dict(fields, schema)


def fields_of(article: Article) -> dict[str, object]:
    """Return the fields of an article's document; nearly all of the work of indexing it."""
    subject = subject_of(article)
    return fields_with(article.listed(), subject, *indexed_parts_of(subject))


def fields_with(listed: Article, subject: Subject, title: Streams, text: Streams) -> dict[str, object]:
    """Return the fields of an article's document whose texts are analysed already.

    Args:
        listed: the article as lists show it.
        subject: what a query may ask about it.
        title: what its title is found by.
        text: what its text is found by.
    """
    fields: dict[str, object] = {
        "id": listed.id,
        **_texts("title", title),
        **_texts("text", title, text),
        "key": listed.key,
        "rev": listed.rev,
        "day": day_number(listed),
        "source_label": source_label(listed.source.id, listed.source.name),
        "topic_label": topic_labels(listed.topics),
        "entry": stored(listed),
    }
    if listed.story is not None:
        fields["story"] = story_number(listed.story)
    return fields | {name: sorted(keys) for name, keys in keys_of(subject).items()}


def _texts(name: str, *parts: Streams) -> dict[str, list[str]]:
    """Return the fields of a text made of parts; Tantivy leaves a gap between the values of a field."""
    return {
        name: [part.terms for part in parts],
        f"{name}_forms": [part.written for part in parts],
        f"{name}_keys": [part.keys for part in parts if part.keys],
    }


def from_document(document: Document) -> StoredArticle:
    """Return what was stored with the document."""
    raw = document.get_first("entry")
    assert raw is not None  # noqa: S101  every document has one: see to_document
    return read_stored(id_of(document), bytes(raw))


def story_number(story: str) -> int:
    """Return a story's name as a number of 63 bits, which a fast field keeps in less room."""
    return int.from_bytes(hashlib.blake2b(story.encode(), digest_size=8).digest()) >> 1


def id_of(document: Document) -> str:
    """Return the id of a stored document, without reading the rest of it."""
    return str(document.get_first("id"))


class Compiler:
    """Turns queries into Tantivy's."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def compile(self, query: Query, having: Having, *, ranked: bool) -> TantivyQuery:
        """Return the query that finds exactly what `shared.query.matches` accepts.

        Args:
            query: as it was read.
            having: tells how many articles have a term in a field; what none has is left out. Most words are found in one
                way only, and to put together what several ways find takes Tantivy longer.
            ranked: True when its scores matter; False saves the time that they take.
        """

        def there(parts: Iterable[Part]) -> list[Part]:
            return [
                part for part in parts if part.beginning or all(having(part.field, term) for term in part.run)
            ]

        groups = [there(part for words in group.any_of for part in finding(words)) for group in query.groups]
        parts = [(Occur.Must, self._any_of(group)) for group in groups]
        parts += self._filters(query.filters)
        if all(occur is Occur.MustNot for occur, _ in parts):
            # A query of exclusions alone excludes from nothing unless it is told from what; no score comes of this.
            parts.append((Occur.Must, self.everything()))
        if ranked:
            wanted = (words for group in query.groups for words in group.any_of)
            parts += [(Occur.Should, self._part(part)) for words in wanted for part in there(bonuses(words))]
        parts += [
            (Occur.MustNot, self._any_of(found))
            for words in query.excluded
            if (found := there(finding(words)))
        ]
        return _all_of(parts)

    def everything(self) -> TantivyQuery:
        """Return the query for all articles."""
        return self.unscored(TantivyQuery.all_query())

    def unscored(self, query: TantivyQuery) -> TantivyQuery:
        """Return a compiled query whose finds score nothing."""
        return TantivyQuery.const_score_query(query, 0.0)

    def with_keys(self, query: TantivyQuery, lowest: int, highest: int) -> TantivyQuery:
        """Return a compiled query narrowed to keys between two, both included."""
        return _all_of([(Occur.Must, query), (Occur.Must, self._keys(lowest, highest))])

    def of_any_story(self, query: TantivyQuery) -> TantivyQuery:
        """Return a compiled query narrowed to articles that tell a story with others."""
        told = TantivyQuery.const_score_query(TantivyQuery.exists_query("story"), 0.0)
        return _all_of([(Occur.Must, query), (Occur.Must, told)])

    def of_story_number(self, number: int, query: TantivyQuery | None = None) -> TantivyQuery:
        """Return the query for the articles that tell a story, by the number in its fast field; or one narrowed to them."""
        told = TantivyQuery.term_query(self._schema, "story", number, index_option="basic")
        return told if query is None else _all_of([(Occur.Must, query), (Occur.Must, told)])

    def of_stories(self, numbers: Iterable[int]) -> TantivyQuery:
        """Return the query for the articles that tell one of some stories, by their numbers."""
        return _either([self.of_story_number(number) for number in numbers])

    def with_ids(self, query: TantivyQuery, ids: Sequence[str]) -> TantivyQuery:
        """Return a compiled query narrowed to some articles."""
        return self.both(query, self.of_ids(ids))

    def without(self, query: TantivyQuery, others: TantivyQuery) -> TantivyQuery:
        """Return a compiled query without what another one finds."""
        return _all_of([(Occur.Must, query), (Occur.MustNot, others)])

    def both(self, query: TantivyQuery, other: TantivyQuery) -> TantivyQuery:
        """Return a compiled query narrowed to what another one finds."""
        return _all_of([(Occur.Must, query), (Occur.Must, other)])

    def of_ids(self, ids: Sequence[str]) -> TantivyQuery:
        """Return the query for some articles."""
        return TantivyQuery.term_set_query(self._schema, "id", ids)

    def of_each_id(self, ids: Sequence[str]) -> TantivyQuery:
        """Return the same query in another form: of thousands of articles it takes longer to make, and far less to ask."""
        return _either([self.by_id(article_id) for article_id in ids])

    def having(self, field: str, term: str) -> TantivyQuery:
        """Return the query for the articles that have a term in a field."""
        return TantivyQuery.term_query(self._schema, field, term, index_option="freq")

    def by_id(self, article_id: str) -> TantivyQuery:
        """Return the query for one article."""
        return TantivyQuery.term_query(self._schema, "id", article_id, index_option="basic")

    def _any_of(self, parts: Sequence[Part]) -> TantivyQuery:
        return _either([self._part(part) for part in parts])

    def _part(self, part: Part) -> TantivyQuery:
        if part.beginning:
            # A regular expression would find the same, but is made in 0.2 ms.
            return TantivyQuery.fuzzy_term_query(
                self._schema, part.field, part.run[0], distance=0, prefix=True
            )
        if len(part.run) == 1:
            return _boosted(self.having(part.field, part.run[0]), part.times)
        return _boosted(TantivyQuery.phrase_query(self._schema, part.field, list(part.run)), part.times)

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


def _boosted(query: TantivyQuery, times: float) -> TantivyQuery:
    return query if times == 1 else TantivyQuery.boost_query(query, times)


def _either(queries: Sequence[TantivyQuery]) -> TantivyQuery:
    if not queries:
        return TantivyQuery.empty_query()
    if len(queries) == 1:
        return queries[0]
    return TantivyQuery.boolean_query([(Occur.Should, query) for query in queries])


def _all_of(parts: Sequence[tuple[Occur, TantivyQuery]]) -> TantivyQuery:
    return TantivyQuery.boolean_query(list(parts))
