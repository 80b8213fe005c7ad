"""Generated news and committed queries: who compares two runs of a bench must know that both were asked the same."""

from collections import Counter
from hashlib import sha256
from statistics import mean

from tests.bench.mix import read_mix, rounds
from tests.bench.news import article, articles, collected, vocabulary

LANGUAGES = ("ru", "en", "kk", "uz")


def test_an_article_of_a_size_is_the_same_on_every_machine() -> None:
    told = article(7, 1000)
    digest = sha256(f"{told.id} {told.title} {told.text} {told.published_at}".encode()).hexdigest()
    assert digest[:16] == "42732561577a963d"


def test_articles_are_of_about_four_hundred_words_in_four_languages_one_later_than_the_other() -> None:
    told = list(articles(200))
    assert 380 < mean(len(one.text.split()) for one in told) < 420
    assert {one.language for one in told} == set(LANGUAGES)
    assert sorted(told, key=lambda one: one.published_at) == told
    assert len({one.id for one in told}) == 200


def test_no_two_ranks_of_a_language_have_the_same_word() -> None:
    for language in LANGUAGES:
        words = vocabulary(language).words
        assert len(set(words)) == len(words)


def test_the_event_says_what_the_article_says() -> None:
    told, event = article(3, 10), collected(3, 10)
    assert (event.id, event.text, event.published_at) == (told.id, told.text, told.published_at)


def test_the_worst_query_is_at_most_half_a_percent_of_the_mix() -> None:
    """The aim for the slowest hundredth counts only while the mix is what people ask."""
    kinds = Counter(line.kind for line in read_mix())
    assert kinds["worst"] == 1
    assert kinds.total() >= 200


def test_each_round_asks_every_query_once() -> None:
    mix = read_mix()
    twice = rounds(mix, 2)
    assert Counter(line.path for line in twice[: len(mix)]) == Counter(line.path for line in mix)
    assert twice[: len(mix)] != twice[len(mix) :]
    assert rounds(mix, 2) == twice
