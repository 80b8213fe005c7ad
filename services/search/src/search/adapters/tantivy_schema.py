"""How articles and queries look to Tantivy: fields, documents, compiled queries.

Words are analysed by shared.query before Tantivy sees them and are joined by spaces, so that its whitespace tokeniser
gives back exactly our terms, with the positions that phrases need. Fields of texts, for the title and for the whole (the
title and then the text, apart by a gap that no phrase crosses):

    title        text          terms, by which words and phrases are found
    title_forms  text_forms    the words as written, after their folded form: prefixes, and what ranks above a folded find
    title_keys   text_keys     keys of Kazakh and Uzbek words, by which they are found from the other script
"""

import hashlib
from collections.abc import Sequence

from pydantic import TypeAdapter
from tantivy import Document, FieldType, Occur, Schema, SchemaBuilder
from tantivy import Query as TantivyQuery

from search.domain.article import HIGHEST_KEY, Article, first_key, last_key, subject_of
from search.domain.facets import FacetName, day_number, source_label, topic_labels
from shared.query import Filter, Filters, Query, Terms, Words, keys_of, parts_of

VERSION = "6"
"""Raised with every change of the fields or of the analysis; a view of another version is built anew."""

TITLE_BOOST = 0.5
"""A word in the title counts so many times more: the whole text, in which it counts already, includes the title."""

EXACT_BOOST = 0.5
"""A word spelled as it was asked for counts so many times more than one of which only the stem or the folding is the same.
"""

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
_entry: TypeAdapter[Article] = TypeAdapter(Article)


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
    title, text = parts_of(subject)
    fields: dict[str, object] = {
        "id": article.id,
        **_texts("title", title),
        **_texts("text", title, text),
        "key": article.key,
        "rev": article.rev,
        "day": day_number(article),
        "source_label": source_label(article.source.id, article.source.name),
        "topic_label": topic_labels(article.topics),
        "entry": _entry.dump_json(article.listed()),
    }
    if article.story is not None:
        fields["story"] = story_number(article.story)
    return fields | {name: sorted(keys) for name, keys in keys_of(subject).items()}


def _texts(name: str, *parts: Terms) -> dict[str, list[str]]:
    """Return the fields of a text made of parts; Tantivy leaves a gap between the values of a field."""
    return {
        name: [" ".join(part.terms) for part in parts],
        f"{name}_forms": [" ".join(part.written) for part in parts],
        f"{name}_keys": [" ".join(part.keys) for part in parts if part.keys],
    }


def from_document(document: Document) -> Article:
    """Return what was stored with the document."""
    raw = document.get_first("entry")
    assert raw is not None  # noqa: S101  every document has one: see to_document
    return _entry.validate_json(bytes(raw))


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

    def compile(self, query: Query, *, ranked: bool) -> TantivyQuery:
        """Return the query that finds exactly what `shared.query.matches` accepts.

        Args:
            query: as it was read.
            ranked: True when its scores matter; False saves the time that they take.
        """
        groups = [[self._words(words) for words in group.any_of] for group in query.groups]
        parts = [(Occur.Must, _either([found for founds in group for found in founds])) for group in groups]
        parts += self._filters(query.filters)
        if all(occur is Occur.MustNot for occur, _ in parts):
            # A query of exclusions alone excludes from nothing unless it is told from what; no score comes of this.
            parts.append((Occur.Must, TantivyQuery.const_score_query(TantivyQuery.all_query(), 0.0)))
        if ranked:
            wanted = (words for group in query.groups for words in group.any_of)
            parts += [(Occur.Should, bonus) for words in wanted for bonus in self._bonuses(words)]
        parts += [(Occur.MustNot, _either(self._words(words))) for words in query.excluded]
        return _all_of(parts)

    def with_keys(self, query: TantivyQuery, lowest: int, highest: int) -> TantivyQuery:
        """Return a compiled query narrowed to keys between two, both included."""
        return _all_of([(Occur.Must, query), (Occur.Must, self._keys(lowest, highest))])

    def of_any_story(self, query: TantivyQuery) -> TantivyQuery:
        """Return a compiled query narrowed to articles that tell a story with others."""
        told = TantivyQuery.const_score_query(TantivyQuery.exists_query("story"), 0.0)
        return _all_of([(Occur.Must, query), (Occur.Must, told)])

    def of_story(self, story: str) -> TantivyQuery:
        """Return the query for the articles that tell a story."""
        return self._told(story_number(story))

    def of_story_number(self, number: int, query: TantivyQuery) -> TantivyQuery:
        """Return a compiled query narrowed to the articles that tell a story, by the number in its fast field."""
        return _all_of([(Occur.Must, query), (Occur.Must, self._told(number))])

    def _told(self, number: int) -> TantivyQuery:
        return TantivyQuery.term_query(self._schema, "story", number, index_option="basic")

    def with_ids(self, query: TantivyQuery, ids: Sequence[str]) -> TantivyQuery:
        """Return a compiled query narrowed to some articles."""
        return _all_of(
            [(Occur.Must, query), (Occur.Must, TantivyQuery.term_set_query(self._schema, "id", ids))]
        )

    def by_id(self, article_id: str) -> TantivyQuery:
        """Return the query for one article."""
        return TantivyQuery.term_query(self._schema, "id", article_id, index_option="basic")

    def _words(self, words: Words) -> list[TantivyQuery]:
        """Return the alternatives that find what is looked for."""
        name = "title" if words.in_title else "text"
        if words.prefix:
            starts = [(f"{name}_forms", words.forms[0]), *((f"{name}_keys", key) for (key,) in words.keys)]
            return [self._beginning(field, start) for field, start in starts]
        runs = [(name, run) for run in dict.fromkeys((words.terms, words.forms))]
        runs += [(f"{name}_keys", run) for run in words.keys]
        return [_boosted(self._run(field, run), words.times) for field, run in runs]

    def _bonuses(self, words: Words) -> list[TantivyQuery]:
        """Return what ranks an article higher that has the words: in its title, and spelled alike."""
        if words.prefix:
            return []
        forms = "title_forms" if words.in_title else "text_forms"
        alike = [self._run(forms, [word]) for word in words.written]
        bonuses = [_boosted(found, EXACT_BOOST * words.times) for found in alike]
        if not words.in_title:
            in_title = [self._run("title", run) for run in dict.fromkeys((words.terms, words.forms))]
            bonuses.append(_boosted(_either(in_title), TITLE_BOOST * words.times))
        return bonuses

    def _beginning(self, field: str, start: str) -> TantivyQuery:
        """Return what finds words that begin so. A regular expression would find the same, but is made in 0.2 ms."""
        return TantivyQuery.fuzzy_term_query(self._schema, field, start, distance=0, prefix=True)

    def _run(self, field: str, run: Sequence[str]) -> TantivyQuery:
        if len(run) == 1:
            return TantivyQuery.term_query(self._schema, field, run[0], index_option="freq")
        return TantivyQuery.phrase_query(self._schema, field, list(run))

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
    if len(queries) == 1:
        return queries[0]
    return TantivyQuery.boolean_query([(Occur.Should, query) for query in queries])


def _all_of(parts: Sequence[tuple[Occur, TantivyQuery]]) -> TantivyQuery:
    return TantivyQuery.boolean_query(list(parts))
