"""One article, one query: does it answer?"""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.query import Query, Subject, analyse, matches, normalise, read_query
from shared.query.match import meets

ARTICLE = Subject(
    title="Taliban delegation visits Tashkent",
    text="The foreign minister spoke of rail.\n\nОн говорил о железной дороге.",
    source_id="orda",
    source_name="Orda News",
    outlet="orda.test",
    country="UZ",
    language="en",
    topics=("Transport", "New Year"),
    published_at=datetime(2026, 11, 23, 0, 30, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "taliban minister",
        "TALIBAN'S ministers",
        '"foreign minister" rail',
        "nothing OR rail",
        "дорога",
        "deleg*",
        "title:visit",
        "-title:rail rail",
        "source:orda",
        'source:"orda news"',
        "country:uz outlet:orda.test lang:en-GB",
        'topic:"new year"',
        "-topic:sport",
        "after:2026-11-23 before:2026-11-23",
    ],
)
def test_the_article_answers(query: str) -> None:
    assert matches(read_query(query), analyse(ARTICLE))


@pytest.mark.parametrize(
    "query",
    [
        "taliban budget",
        '"minister foreign"',
        '"Tashkent the"',
        "title:rail",
        "-rail",
        "visits -deleg*",
        "title:fore*",
        "source:akipress",
        "-country:uz",
        "after:2026-11-24",
        "before:2026-11-22",
    ],
)
def test_the_article_does_not_answer(query: str) -> None:
    assert not matches(read_query(query), analyse(ARTICLE))


def test_any_is_content_with_one_word() -> None:
    assert matches(read_query("budget taliban", "any"), analyse(ARTICLE))
    assert not matches(read_query("budget weather", "any"), analyse(ARTICLE))


@given(title=st.text(max_size=30), text=st.text(max_size=60))
@example(title="«-0", text="«-0")
def test_an_article_answers_to_each_of_its_own_words_and_to_its_title_as_a_phrase(
    title: str, text: str
) -> None:
    article = analyse(Subject(title, text, "s", "S", "o", None, None, (), datetime(2026, 1, 1, tzinfo=UTC)))
    quoted = normalise(title).replace('"', " ")
    assert matches(read_query(f'title:"{quoted}"'), article)
    for word in text.split():
        assert matches(read_query(f'"{word}"'), article)


@pytest.mark.parametrize(
    ("language", "text", "query", "answers"),
    [
        ("uz", "Тошкент шаҳри катта", '"toshkent shahri"', True),
        ("uz", "Тошкент шаҳри катта", '"toshkent katta"', False),
        ("uz", "Toshkent shahri", "title:тошкент", False),
        ("uz", "Toshkent shahri", "тошк*", True),
        ("uz", "Toshkent shahri", "shahri -тошкент", False),
        ("ru", "Тошкент", "toshkent", False),
        ("kk", "Алматы қаласы", '"Almaty qalasy"', True),
        ("kk", "Almaty qalasy", '"алматы каласы"', True),
        ("en", "Ministers meet", '"minister meets"', True),
        ("tk", "ministers meet", '"minister meets"', False),
    ],
)
def test_phrases_prefixes_and_exclusions_reach_the_other_script_and_the_stems_of_the_article_s_language(
    language: str, text: str, query: str, *, answers: bool
) -> None:
    article = analyse(Subject("", text, "s", "S", "o", None, language, (), datetime(2026, 1, 1, tzinfo=UTC)))
    assert matches(read_query(query), article) is answers


_WORDS = st.sampled_from(["Тошкент", "toshkent", "o'zbek", "ўзбек", "шаҳри", "shahri", "rails", "rail", "a"])
_TEXTS = st.lists(_WORDS, max_size=8).map(" ".join)


@given(
    title=_TEXTS,
    text=_TEXTS,
    language=st.sampled_from(["uz", "kk", "en", "ru", "tk", None]),
    phrase=st.lists(_WORDS, min_size=1, max_size=4).map(" ".join),
    beginning=st.integers(2, 8),
    in_title=st.booleans(),
)
def test_a_phrase_or_prefix_is_there_where_it_stands_at_some_place_of_a_text(
    *, title: str, text: str, language: str | None, phrase: str, beginning: int, in_title: bool
) -> None:
    """It is looked for in one string of all words: that must find nothing else, nor anything over a text's end."""
    article = analyse(
        Subject(title, text, "s", "S", "o", None, language, (), datetime(2026, 1, 1, tzinfo=UTC))
    )
    parts = [article.title] if in_title else [article.title, article.text]
    for asked in (f'"{phrase}"', f"{phrase.split(maxsplit=1)[0][:beginning]}*"):
        query = read_query(f"title:{asked}" if in_title else asked)
        for group in query.groups:
            stands = any(
                meets(words, part, place)
                for words in group.any_of
                for part in parts
                for place in range(len(part.terms) - len(words.terms) + 1)
            )
            assert matches(Query((group,)), article) is stands
