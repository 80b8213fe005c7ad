"""What Tantivy makes of our terms: the same ones, in the same order, with a gap where no phrase may cross."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tantivy import Index, Query

from search.adapters.tantivy_schema import build_schema, by_language, to_document
from search.domain.article import subject_of
from shared.query import analyse
from shared.query.plain import COMMON
from tests.suites.article_builders import an_article

HEAP_BYTES = 16 * 1024 * 1024


@settings(max_examples=30, deadline=None)
@given(
    title=st.text(max_size=12) | st.text(st.sampled_from(COMMON), max_size=12),
    text=st.text(max_size=40) | st.text(st.sampled_from(COMMON), max_size=40),
    language=st.sampled_from(["en", "ru", "kk", "uz", "ky", None]),
)
def test_its_terms_are_those_of_the_matcher(title: str, text: str, language: str | None) -> None:
    """Whatever Unicode holds: a term that Tantivy cut again would be found by the stream and not by a search."""
    article = an_article(title=title, text=text, language=language)
    schema = build_schema()
    index = Index(schema)
    with index.writer(HEAP_BYTES, num_threads=1) as writer:
        writer.add_document(to_document(article, schema))
        writer.commit()
    index.reload()
    searcher = index.searcher()
    analysed = analyse(subject_of(article))
    for name, parts in (("title", [analysed.title]), ("text", [analysed.title, analysed.text])):
        for field, expected in (
            (name, {term for part in parts for term in part.terms}),
            (f"{name}_forms", {word for part in parts for word in part.written}),
            (f"{name}_keys", {key for part in parts for key in part.keys}),
        ):
            assert {term for term, _ in searcher.terms_with_prefix(field, "")} == expected
    runs = [
        (part.terms[at], part.terms[at + 1])
        for part in (analysed.title, analysed.text)
        for at in range(len(part.terms) - 1)
    ]
    for one, other in runs:
        found = searcher.search(Query.phrase_query(schema, "text", [one, other]))
        assert found.count == 1  # type: ignore[attr-defined]  # it has a count that its stub leaves out
    if analysed.title.terms and analysed.text.terms:
        across = (analysed.title.terms[-1], analysed.text.terms[0])
        found = searcher.search(Query.phrase_query(schema, "text", list(across)))
        assert found.count == (across in runs)  # type: ignore[attr-defined]  # as above


def test_articles_of_one_language_stand_together_and_keep_their_order() -> None:
    languages = {"a": "ru", "b": None, "c": "kk", "d": "ru", "e": "kk", "f": None}
    articles = [an_article(one, language=language) for one, language in languages.items()]
    assert "".join(article.id for article in by_language(articles)) == "bfcead"
