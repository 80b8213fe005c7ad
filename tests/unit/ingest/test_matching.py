"""Which stored article an entry is: guids that change, are reused or missing, copies, and what was withdrawn."""

from dataclasses import replace
from datetime import timedelta

from ingest.domain.articles.decide import StoredItem, decide
from ingest.domain.articles.identity import article_id
from ingest.domain.articles.keys import COPY_MIN_WORDS, Ambiguous, Name, ambiguous, keys_of
from ingest.domain.articles.matching import MAX_KEYS, Match, by_key, match, match_all
from ingest.domain.articles.normalise import Candidate
from ingest.domain.dates.reading import ReadDate
from ingest.pipeline.events import item_of
from tests.suites.ingest_stores import NOW, candidate

LONG = " ".join(f"word{n}" for n in range(COPY_MIN_WORDS))
ONE = "https://a.kg/1"


def entry(
    guid: str | None = "guid-of-one",
    url: str = ONE,
    title: str = "Title",
    unsure: Ambiguous | None = None,
    **changes: object,
) -> Candidate:
    name = Name(guid, url, title)
    keys = keys_of("a.kg", "a", name, unsure or ambiguous([name]))
    return candidate(id=keys[0].id, keys=keys, url=url, title=title, **changes)


def stored_of(*entries: Candidate) -> list[StoredItem]:
    """What is stored once these were seen, one after the other."""
    items: dict[str, StoredItem] = {}
    for one in entries:
        found = match(one, by_key(list(items.values())), NOW)
        decision = decide(found.stored, found.candidate, NOW)
        items[found.candidate.id] = item_of(found.candidate, decision, found.keys, found.copies)
    return list(items.values())


def seen_again(one: Candidate, *before: Candidate) -> Match:
    return match(one, by_key(stored_of(*before)), NOW + timedelta(hours=1))


def test_an_article_never_seen_gets_the_id_of_its_guid() -> None:
    found = seen_again(entry())
    assert (found.stored, found.candidate.id) == (None, article_id("a.kg", "guid:guid-of-one"))
    assert article_id("a.kg", "url:a.kg/1") in found.keys


def test_a_guid_that_changes_with_the_page_staying_is_an_alias() -> None:
    """A new system gives every article a new guid; none of them is news."""
    found = seen_again(entry("another-guid"), entry())
    assert found.candidate.id == entry().id
    assert article_id("a.kg", "guid:another-guid") in found.learnt


def test_an_article_that_moved_is_known_by_its_guid() -> None:
    found = seen_again(entry(url="https://a.kg/moved"), entry())
    assert (found.candidate.id, found.copy) == (entry().id, False)


def test_a_renamed_and_moved_article_is_known_by_its_guid_and_the_time_printed() -> None:
    """A better title often makes a new address; the guid and the printed time stay."""
    found = seen_again(entry(url="https://a.kg/better", title="Better", printed="22 Sep 2026 10:00:00 +0600"),
                       entry(printed="22 Sep 2026 10:00:00 +0600"))  # fmt: skip
    assert found.candidate.id == entry().id


def test_a_guid_that_comes_back_with_everything_else_changed_is_another_article() -> None:
    """Some scripts count from 1 again after each restart."""
    other = entry(url="https://a.kg/2", title="Other", text="Other", published=None)
    found = seen_again(other, entry())
    assert found.stored is None
    assert found.candidate.id == article_id("a.kg", "url:a.kg/2")
    assert article_id("a.kg", "guid:guid-of-one") not in found.keys


def test_each_of_two_articles_with_a_reused_guid_stays_itself() -> None:
    other = entry(url="https://a.kg/2", title="Other", text="Other", published=None)
    ids = [one.id for one in stored_of(entry(), other)]
    assert len(set(ids)) == 2
    assert [seen_again(one, entry(), other).candidate.id for one in (entry(), other)] == ids


def test_articles_that_share_their_address_are_told_apart_by_their_titles() -> None:
    names = [Name(None, ONE, "One"), Name(None, ONE, "Two")]
    one, two = (entry(None, title=name.title, unsure=ambiguous(names)) for name in names)
    assert len(stored_of(one, two)) == 2
    assert seen_again(two, one, two).candidate.id == two.id


def test_an_article_that_came_alone_is_known_when_another_shares_its_address_and_when_that_one_is_alone() -> (
    None
):
    """A page of news flashes: each poll shows some of them, all at one address."""
    names = [Name(None, ONE, "One"), Name(None, ONE, "Two")]
    alone = entry(None, title="One")
    one, two = (entry(None, title=name.title, unsure=ambiguous(names)) for name in names)
    assert seen_again(one, alone).candidate.id == alone.id
    later = entry(None, title="Two")
    assert seen_again(later, alone, one, two).candidate.id == two.id


def test_the_same_title_and_text_at_another_address_is_a_copy() -> None:
    """Sections and re-posts: the reader wants the article once."""
    found = seen_again(entry("other-guid", "https://a.kg/copy", text=LONG), entry(text=LONG))
    assert (found.candidate.id, found.copy) == (entry().id, True)
    assert article_id("a.kg", "url:a.kg/copy") in found.learnt


def test_a_copy_stays_one_when_its_text_changes() -> None:
    original, copied = entry(text=LONG), entry("other-guid", "https://a.kg/copy", text=LONG)
    (item,) = stored_of(original)
    first = match(copied, by_key([item]), NOW)
    known = replace(item, keys=first.keys, copies=first.learnt)
    edited = entry("other-guid", "https://a.kg/copy", text="Edited")
    again = match(edited, by_key([known]), NOW)
    assert (again.candidate.id, again.copy) == (item.id, True)


def test_todays_issue_of_a_programme_is_not_yesterdays() -> None:
    """Listeners: its title and its few sentences are the same each day, and of a week's episodes only one was kept."""
    yesterday = entry("ep-1", text=LONG, published=ReadDate(NOW - timedelta(days=1), "exact"))
    today = entry("ep-2", "https://a.kg/2", text=LONG, published=ReadDate(NOW, "exact"))
    assert seen_again(today, yesterday).stored is None
    assert len(stored_of(yesterday, today)) == 2
    for order in ((today, yesterday), (yesterday, today)):
        found = match_all(order, by_key(stored_of(yesterday, today)), NOW)
        assert not any(one.copy for one in found)
        assert len({one.candidate.id for one in found}) == 2


def test_a_copy_in_another_section_some_hours_later_is_one() -> None:
    first = entry(text=LONG, published=ReadDate(NOW - timedelta(hours=5), "exact"))
    later = entry("other", "https://a.kg/copy", text=LONG, published=ReadDate(NOW, "exact"))
    assert seen_again(later, first).copy


def test_the_same_words_a_month_later_are_another_article() -> None:
    yearly = entry("other", "https://a.kg/2", text=LONG, published=None)
    found = match(yearly, by_key(stored_of(entry(text=LONG))), NOW + timedelta(days=30))
    assert found.stored is None


def test_short_texts_are_never_taken_for_copies() -> None:
    assert seen_again(entry("other", "https://a.kg/2"), entry()).stored is None


def test_what_was_withdrawn_does_not_come_back_under_another_address() -> None:
    (item,) = stored_of(entry(text=LONG))
    gone = replace(item, rev=2, digests={}, withdrawn_by="owner")
    moved = entry(url="https://a.kg/again", title="Again", text="Again", published=None)
    copied = entry("another", "https://a.kg/copy", text=LONG)
    days_later = ReadDate(item.published_at + timedelta(days=3), "exact")
    redated = entry("another", "https://a.kg/copy", text=LONG, published=days_later)
    for one in (moved, copied):
        assert match(one, by_key([gone]), NOW).candidate.id == item.id
    assert match(redated, by_key([gone]), NOW + timedelta(days=4)).candidate.id == item.id


def test_of_two_entries_that_are_one_article_only_that_at_its_own_address_can_change_it() -> None:
    """They would revise it in turn, at every poll."""
    moved = entry(url="https://a.kg/other")
    (item,) = stored_of(entry())
    for order in ([entry(), moved], [moved, entry()]):
        found = match_all(order, by_key([item]), NOW)
        assert {one.candidate.url: one.copy for one in found} == {ONE: False, "https://a.kg/other": True}


def test_nothing_is_learnt_twice_nor_without_end() -> None:
    (item,) = stored_of(entry())
    assert match(entry(), by_key([item]), NOW).learnt == ()
    full = replace(item, keys=(*item.keys, *(f"k{n}" for n in range(MAX_KEYS))))
    assert match(entry("yet-another"), by_key([full]), NOW).learnt == ()
