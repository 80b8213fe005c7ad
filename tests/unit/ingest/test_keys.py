"""By what an article is known: its page in all its forms, its guid, its title and text."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.articles.identity import article_id, canonical_url
from ingest.domain.articles.keys import (
    COPY_MIN_WORDS,
    Ambiguous,
    Key,
    Name,
    ambiguous,
    copy_keys,
    folded,
    grouped,
    keys_of,
)
from ingest.domain.articles.variants import page_address

CLEAR = Ambiguous(frozenset(), frozenset())
PAGE = "https://a.kg/news/1"


@pytest.mark.parametrize(
    "form",
    [
        "http://www.a.kg/news/1/", "https://m.a.kg/news/1", "https://amp.a.kg/news/1", "https://a.kg/news/1/amp",
        "https://a.kg/news/1/amp/", "https://a.kg/amp/news/1", "https://a.kg/news/1?amp=1", "https://a.kg/news/1?amp",
        "https://a.kg//news//1", "https://a.kg/news/1/index.html", "https://a.kg/news/1/index.php",
        "https://a.kg/news/1.amp", "https://www.m.a.kg/news/1?outputType=amp",
    ],
)  # fmt: skip
def test_a_page_is_one_in_all_its_forms(form: str) -> None:
    """Search engines' forms and those for phones are in the feeds too."""
    assert page_address(canonical_url(form) or "") == "a.kg/news/1"


@pytest.mark.parametrize(
    "other",
    [
        "https://a.kg/news/2", "https://a.kg/news/1?id=2", "https://b.a.kg/news/1", "https://a.kg/news/camp/1",
        "https://a.kg:8080/news/1", "https://a.kg/news/1.html", "https://a.kg/#!/news/1",
    ],
)  # fmt: skip
def test_another_page_is_another(other: str) -> None:
    assert page_address(canonical_url(other) or "") != "a.kg/news/1"


def test_a_host_is_never_left_without_its_name() -> None:
    assert page_address("https://m.kg/news") == "m.kg/news"
    assert page_address("https://www.kg/") == "www.kg"


def test_the_order_of_parameters_tells_nothing_but_that_of_equal_names_may() -> None:
    assert page_address("https://a.kg/?b=2&a=1") == page_address("https://a.kg/?a=1&b=2")
    assert page_address("https://a.kg/?a=1&a=2") != page_address("https://a.kg/?a=2&a=1")


@given(st.text(max_size=60))
def test_no_address_trips_it_up(rest: str) -> None:
    canonical = canonical_url(f"https://a.kg/{rest}")
    if canonical is not None:
        assert page_address(canonical).startswith("a.kg")
        assert page_address(canonical) == page_address(canonical.replace("https://", "http://www."))


def first(guid: str | None, url: str = PAGE, title: str = "Title", unsure: Ambiguous = CLEAR) -> Key:
    return keys_of("a.kg", "s", Name(guid, url, title), unsure)[0]


def made_of(text: str) -> str:
    return article_id("a.kg", text)


def test_an_id_is_made_of_the_guid_whatever_the_address() -> None:
    assert first("tag:a.kg,2026:1") == Key("guid", made_of("guid:tag:a.kg,2026:1"))
    assert first("tag:a.kg,2026:1") == first("tag:a.kg,2026:1", "https://a.kg/renamed")


def test_a_guid_that_is_the_address_survives_https_and_tracking() -> None:
    assert (
        first("http://a.kg/news/1")
        == first("https://www.a.kg/news/1/?utm_source=rss")
        == Key("url", made_of("url:a.kg/news/1"))
    )


@pytest.mark.parametrize(
    "guid",
    [None, "", "123456789", "ab1", "Title", "  title! ", "TITLE"],
    ids=["none", "empty", "a number", "short", "the title", "the title, folded", "the title in capitals"],
)
def test_a_guid_that_identifies_nothing_yields_to_the_address(guid: str | None) -> None:
    """A guid made of the title changes when the title does."""
    assert first(guid) == Key("url", made_of("url:a.kg/news/1"))


HOME = "https://a.kg/"


def test_a_guid_on_entries_of_other_addresses_and_titles_is_reused() -> None:
    names = [
        Name("x", "https://a.kg/1", "One"),
        Name("x", "https://a.kg/2", "Two"),
        Name("y", "https://a.kg/3", "Three"),
    ]
    assert ambiguous(names) == Ambiguous(frozenset({"x"}), frozenset())


def test_a_guid_that_two_sections_show_of_one_article_is_not_reused() -> None:
    names = [Name("x", "https://a.kg/politics/1", "One"), Name("x", "https://a.kg/economy/1", "One")]
    assert ambiguous(names) == CLEAR


def test_a_guid_that_is_the_same_page_for_all_is_reused() -> None:
    """A ministry's feed: guid and link are the page of news, each entry another piece of it."""
    names = [Name(HOME, HOME, "One", "25 Sep 2009"), Name(HOME, HOME, "Two", "17 Sep 2009")]
    unsure = ambiguous(names)
    assert unsure == Ambiguous(frozenset({HOME}), frozenset({"a.kg"}))
    assert len({keys_of("a.kg", "s", name, unsure)[0] for name in names}) == 2


def test_parts_of_one_page_are_told_apart_by_what_follows_the_hash() -> None:
    """The first weblogs: each post is a place in the page of the day."""
    names = [Name(f"{PAGE}#{at}", PAGE, f"At {at}", at) for at in ("4:48", "4:21")]
    keys = [keys_of("a.kg", "s", name, ambiguous(names)) for name in names]
    assert grouped(keys) == [[0], [1]]


def test_an_address_that_entries_of_other_guids_and_titles_have_identifies_nothing() -> None:
    unsure = ambiguous([Name("id-one", HOME, "One"), Name("id-two", HOME, "Two")])
    assert unsure.urls == {"a.kg"}
    assert first("1", HOME, "One", unsure) != first("2", HOME, "Two", unsure)
    assert first(None, HOME, "One", unsure) != first(None, HOME, "Two", unsure)


def test_an_article_that_a_feed_lists_twice_is_one() -> None:
    """The same page under two guids, the same guid in two sections: one article each."""
    names = [Name("g-one", PAGE, "One"), Name("g-two", PAGE, "One"), Name(None, "https://a.kg/2", "Two")]
    keys = [keys_of("a.kg", "s", name, ambiguous(names)) for name in names]
    assert grouped(keys) == [[0, 1], [2]]


KEYS = st.lists(
    st.lists(st.integers(0, 12).map(lambda n: Key("url", str(n))), min_size=1, max_size=3), max_size=6
)


@given(KEYS)
def test_entries_with_a_key_in_common_are_one_in_whatever_order(named: list[list[Key]]) -> None:
    def sets(order: tuple[int, ...]) -> set[frozenset[int]]:
        return {frozenset(order[at] for at in group) for group in grouped([named[at] for at in order])}

    orders = list(permutations(range(len(named))))[:24]
    expected = sets(orders[0])
    assert all(sets(order) == expected for order in orders)
    assert sorted(at for group in expected for at in group) == list(range(len(named)))


LONG = " ".join(f"word{n}" for n in range(COPY_MIN_WORDS))
AT = datetime(2026, 9, 22, 12, tzinfo=UTC)


def test_equal_title_and_text_of_a_week_have_a_key_in_common() -> None:
    own, *_ = copy_keys("a.kg", "The title!", LONG, AT)
    for days in (-7, -3, 0, 3, 7):
        assert own in copy_keys("a.kg", "the  Title", LONG, AT + timedelta(days=days))
    assert own not in copy_keys("a.kg", "The title", LONG, AT + timedelta(days=15))


@pytest.mark.parametrize(
    ("outlet", "title", "text"),
    [("b.kg", "The title", LONG), ("a.kg", "Another", LONG), ("a.kg", "The title", LONG + " more")],
    ids=["another outlet", "another title", "another text"],
)
def test_what_differs_at_all_is_no_copy(outlet: str, title: str, text: str) -> None:
    assert not set(copy_keys("a.kg", "The title", LONG, AT)) & set(copy_keys(outlet, title, text, AT))


def test_a_short_text_proves_nothing() -> None:
    assert copy_keys("a.kg", "Photo of the day", LONG.removesuffix(" word19"), AT) == ()


def test_a_title_is_folded_to_its_words_and_one_without_words_stays_itself() -> None:
    assert folded(" «Ёлка» — 2026: қар!") == "ёлка 2026 қар"
    assert folded("!!!") == "!!!"
