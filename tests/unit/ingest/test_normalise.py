"""Entries to candidate articles."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.articles.normalise import MAX_ENTRIES, Candidate, Normalised, normalise_feed
from ingest.domain.dates.reading import ReadDate
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from ingest.domain.sources.source import Source

SOURCE = Source(id="s", url="https://a.kg/rss", name="A", outlet="a.kg", country="KG")


def normalise(*entries: RawEntry, language: str | None = None) -> Normalised:
    return normalise_feed(
        RawFeed("rss20", entries=entries, language=language), SOURCE, "https://a.kg/feeds/rss"
    )


def one(entry: RawEntry) -> Candidate:
    (candidate,) = normalise(entry).candidates
    return candidate


def markup(value: str) -> Markup:
    return Markup(value, is_html=True)


def test_an_entry_becomes_a_candidate_with_every_field() -> None:
    candidate = one(
        RawEntry(
            guid="tag:1",
            link="/news/1?utm_source=rss",
            title=markup("A &amp; B"),
            contents=(markup("<p>Short</p>"), markup("<p>Much longer <b>text</b></p><img src='/i.jpg'>")),
            summary=markup("Summary"),
            authors=("N", "n", " M&amp;K "),
            topics=("Politics", "politics", ""),
            published="22.09.2026 10:00",
            updated="2026-09-22T11:00:00Z",
        )
    )
    assert (candidate.url, candidate.title) == ("https://a.kg/news/1", "A & B")
    assert (candidate.text, candidate.summary) == ("Much longer text", "Summary")
    assert candidate.authors == ("N", "M&K")
    assert candidate.topics == ("Politics",)
    assert candidate.image == "https://a.kg/i.jpg"
    assert candidate.published == ReadDate(datetime(2026, 9, 22, 4, tzinfo=UTC), "zone_assumed")
    assert candidate.updated == ReadDate(datetime(2026, 9, 22, 11, tzinfo=UTC), "exact")
    assert (candidate.source_id, candidate.outlet, candidate.cut) == ("s", "a.kg", False)


def test_the_same_article_in_two_feeds_of_an_outlet_has_one_id() -> None:
    other = Source(id="t", url="https://a.kg/politics", name="B", outlet="a.kg")
    entry = RawEntry(link="https://a.kg/1", title=markup("T"))
    first = normalise_feed(RawFeed("rss20", entries=(entry,)), SOURCE, SOURCE.url).candidates[0]
    second = normalise_feed(RawFeed("rss20", entries=(entry,)), other, other.url).candidates[0]
    assert first.id == second.id


def test_bad_entries_are_left_out_with_their_reason_and_the_others_kept() -> None:
    read = normalise(
        RawEntry(title=markup("No link")),
        RawEntry(link="javascript:alert(1)", title=markup("Bad link")),
        RawEntry(link="/1"),
        RawEntry(link="/2", title=markup("Good")),
    )
    assert read.unusable == ("no link", "link is no web address", "no title and no text")
    assert [candidate.title for candidate in read.candidates] == ["Good"]


def test_an_entry_that_trips_us_up_does_not_stop_the_others() -> None:
    broken = RawEntry(link="/1", title=markup("T"), authors=(None,))  # type: ignore[arg-type]  # a fault on purpose
    read = normalise(broken, RawEntry(link="/2", title=markup("Good")))
    assert len(read.candidates) == len(read.unusable) == 1


def test_a_permalink_guid_stands_in_for_a_missing_link() -> None:
    assert one(RawEntry(guid="https://a.kg/1", title=markup("T"))).url == "https://a.kg/1"


def test_a_missing_title_is_made_of_the_texts_first_words() -> None:
    assert (
        one(RawEntry(link="/1", contents=(markup("<p>Some words</p><p>here</p>"),))).title
        == "Some words here"
    )


@pytest.mark.parametrize(
    ("link", "title"),
    [
        ("/news/president-signs_law.html", "president signs law"),
        ("/news/%D0%B7%D0%B0%D0%BA%D0%BE%D0%BD/", "закон"),
        ("/news/12345.html", "a.kg"),
        ("/", "a.kg"),
    ],
)
def test_where_only_the_title_may_be_shown_none_is_made_of_the_text(link: str, title: str) -> None:
    entry = RawEntry(link=link, contents=(markup("<p>Not to be shown</p>"),))
    source = replace(SOURCE, rights="title")
    (candidate,) = normalise_feed(RawFeed("rss20", entries=(entry,)), source, SOURCE.url).candidates
    assert candidate.title == title


def test_a_repeated_entry_counts_once() -> None:
    entry = RawEntry(link="/1", title=markup("T"))
    read = normalise(entry, entry)
    assert (len(read.candidates), read.repeated) == (1, 1)


def test_a_reused_guid_makes_no_two_articles_one() -> None:
    read = normalise(
        RawEntry(guid="same-guid", link="/1", title=markup("One")),
        RawEntry(guid="same-guid", link="/2", title=markup("Two")),
    )
    assert len(read.candidates) == 2


def test_a_summary_that_is_the_text_is_not_said_twice() -> None:
    assert one(RawEntry(link="/1", contents=(markup("<p>Same</p>"),), summary=markup("Same"))).summary == ""


def test_the_time_of_the_change_stands_in_for_a_missing_publication_time() -> None:
    assert one(RawEntry(link="/1", title=markup("T"), updated="2026-09-22")).published is not None


def test_a_very_long_text_is_cut_and_says_so() -> None:
    candidate = one(RawEntry(link="/1", title=markup("T"), contents=(markup("<p>слово word</p>" * 60_000),)))
    assert candidate.cut
    assert len(candidate.text.encode()) <= 240 * 1024


def test_entries_that_were_not_parsed_count_as_beyond_the_limit() -> None:
    feed = RawFeed("rss20", entries=(RawEntry(link="/1", title=markup("T")),), left_out=5)
    assert normalise_feed(feed, SOURCE, SOURCE.url).beyond_limit == 5


def test_entries_beyond_the_limit_are_counted() -> None:
    read = normalise(*(RawEntry(link=f"/{n}", title=markup("T")) for n in range(MAX_ENTRIES + 3)))
    assert (len(read.candidates), read.beyond_limit) == (MAX_ENTRIES, 3)


RAW = st.builds(
    RawEntry,
    guid=st.none() | st.text(max_size=20),
    link=st.none() | st.text(max_size=20) | st.just("/1"),
    title=st.none() | st.builds(Markup, st.text(max_size=20), st.booleans()),
    contents=st.lists(st.builds(Markup, st.text(max_size=40), st.booleans()), max_size=2).map(tuple),
    authors=st.lists(st.text(max_size=10), max_size=2).map(tuple),
    published=st.none() | st.text(max_size=30),
)


@given(st.lists(RAW, max_size=4))
def test_every_entry_is_accounted_for(entries: list[RawEntry]) -> None:
    read = normalise(*entries)
    assert len(read.candidates) + len(read.unusable) + read.repeated == len(entries)
    assert not [reason for reason in read.unusable if reason.startswith("internal")]
