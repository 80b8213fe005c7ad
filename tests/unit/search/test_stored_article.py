"""What the index keeps of an article: all that a list can show of it, and what lists say by default, ready to be copied."""

from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.adapters.stored_article import read_stored, stored
from search.adapters.tantivy_schema import VERSION
from search.api.answers import is_copied, written_answer
from search.api.parameters import SearchParameters
from search.domain.article import Article
from search.domain.results import Found, Listed
from shared.contracts.http.articles import ArticleEntry, SourceName
from tests.suites.article_builders import NOON, a_source, an_article

WORDS = st.lists(
    st.sampled_from(["rail", "вода", "...", '"', '"articles":[]', ',"key":1', "\n", "\t ", "a" * 3000])
)
TEXTS = st.one_of(
    st.text(),
    WORDS.map(" ".join),
    st.integers(498, 503).map(lambda count: "word " * count),
    st.integers(9_990, 10_210).map("x".__mul__),
)
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001  it gets one
    lambda instant: instant.replace(microsecond=instant.microsecond // 1000 * 1000)
)
ARTICLES = st.builds(
    an_article,
    st.text(min_size=1),
    rev=st.integers(1, 2**40),
    key=st.integers(0, 2**63 - 1),
    title=st.text(),
    text=TEXTS,
    summary=TEXTS,
    authors=st.lists(st.text()).map(tuple),
    topics=st.lists(st.text()).map(tuple),
    source=st.builds(
        a_source,
        id=st.text(),
        name=st.text(),
        country=st.none() | st.text(),
        link=st.none() | st.text(),
        rights=st.sampled_from(["title", "excerpt", "full"]),
    ),
    image=st.none() | st.text(),
    language=st.none() | st.text(),
    published_at=INSTANTS,
    updated_at=st.none() | INSTANTS,
    story=st.none() | st.text(min_size=1),
)


@given(ARTICLES)
def test_an_article_comes_back_as_it_was_listed(article: Article) -> None:
    listed = article.listed()
    again = read_stored(article.id, stored(listed))
    assert again.article == listed
    assert (again.id, again.key, again.story) == (listed.id, listed.key, listed.story)


@given(
    ARTICLES,
    st.integers(1, 3),
    st.sampled_from(["", "rail"]),
    st.sampled_from([0, 20, 499, 500]),
    st.booleans(),
)
def test_an_answer_says_the_same_of_it_as_of_one_that_was_read_whole(
    article: Article, size: int, q: str, words: int, highlights: bool
) -> None:
    parameters = SearchParameters(q=q, excerpt_words=words, highlights=highlights)
    ask = parameters.ask(parameters.query(), NOON)
    listed = article.listed()

    def answer(one: Listed) -> bytes:
        return written_answer(parameters, ask, Found(1, (one,), None, {article.story or "": size}))

    kept = read_stored(article.id, stored(listed))
    assert answer(kept) == answer(listed)
    assert is_copied(parameters, kept) == (words == 500 and not highlights)


@given(st.integers(0, 300), st.integers(1, 255))
def test_what_is_damaged_is_not_copied(place: int, change: int) -> None:
    """A sector that went bad may leave text that unpacks: readers must get an error, and the folder a look."""
    kept = bytearray(stored(an_article().listed()))
    kept[place] ^= change
    with pytest.raises(ValueError, match="damaged"):
        read_stored("a", bytes(kept))


def test_times_are_kept_to_the_millisecond_that_is_said() -> None:
    at = NOON + timedelta(microseconds=1999)
    kept = read_stored("a", stored(an_article(published_at=at).listed()))
    assert kept.article.published_at == NOON + timedelta(milliseconds=1)


def test_what_lists_say_changes_only_with_the_version_of_the_index() -> None:
    """It is copied from the index: with another form of it, and the same version, a replica would go on saying the former one.

    Where this fails, raise VERSION, so that views are built anew, and note the new form here.
    """
    long = an_article("long", text="word " * 501, story="first", updated_at=NOON)
    bare = an_article("bare", source=a_source(rights="title", country=None, link=None), authors=(), topics=())
    kept = [stored(one.listed()) for one in (an_article(), bare, long)]
    assert [crc32(one) for one in kept] == [434601241, 571870690, 335584901]
    said = {model: list(model.model_fields) for model in (ArticleEntry, SourceName)}
    assert VERSION == "8"
    assert said[SourceName] == ["id", "name", "country"]
    assert said[ArticleEntry] == [
        *("id", "rev", "title", "url", "source", "outlet", "authors"),
        *("published_at", "published_certainty", "updated_at", "first_seen_at"),
        *("language", "topics", "image", "excerpt", "truncated", "story", "highlights"),
    ]
