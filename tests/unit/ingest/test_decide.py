"""New, changed or the same, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.articles.decide import COMPARED, MAX_REVISIONS, Circumstances, Decision, StoredItem, decide
from ingest.domain.dates.reading import ReadDate
from ingest.pipeline.events import item_of
from tests.suites.ingest_stores import NOW, candidate


def first() -> StoredItem:
    return item_of(candidate(), decide(None, candidate(), NOW))


def again(stored: StoredItem | None = None, **changes: object) -> Decision:
    return decide(stored or first(), candidate(**changes), NOW + timedelta(hours=1))


def test_an_unseen_article_is_new_at_revision_one() -> None:
    decision = decide(None, candidate(), NOW)
    assert (decision.verdict, decision.reasons, decision.rev) == ("new", ("new",), 1)
    assert decision.first_seen_at == NOW


def test_the_same_entry_is_the_same() -> None:
    assert (again().verdict, again().rev) == ("same", 1)


CHANGES: dict[str, object] = {
    "title": "Edited",
    "url": "https://a.kg/renamed",
    "text": "Edited",
    "html": "<p>Edited</p>",
    "summary": "Edited",
    "authors": ("B. Author",),
    "topics": ("politics", "economy"),
    "image": "https://a.kg/1.jpg",
    "language": "ky",
}


def test_every_compared_field_has_a_case_here() -> None:
    assert set(CHANGES) == set(COMPARED)


@pytest.mark.parametrize("field", sorted(CHANGES))
def test_a_changed_field_is_a_revision_that_names_it(field: str) -> None:
    decision = decide(first(), candidate(**{field: CHANGES[field]}), NOW)
    assert (decision.verdict, decision.reasons, decision.rev) == ("changed", (field,), 2)


def test_several_changes_are_all_named() -> None:
    assert again(title="Edited", text="Edited").reasons == ("title", "text")


def test_a_corrected_publication_time_is_a_revision() -> None:
    moved = again(
        published=ReadDate(datetime(2026, 9, 22, 5, tzinfo=UTC), "exact"), printed="2026-09-22T05:00Z"
    )
    assert moved.reasons == ("published_at",)


def test_a_clock_that_was_learnt_gives_old_articles_no_revisions() -> None:
    """What the publisher printed is the same; only our reading of it is better."""
    assert again(published=ReadDate(datetime(2026, 9, 21, 22, tzinfo=UTC), "zone_assumed")).verdict == "same"


def test_a_time_of_change_alone_is_no_revision() -> None:
    """Some systems print the time of the request there."""
    assert again(updated=ReadDate(NOW, "exact")).verdict == "same"


def test_a_date_in_the_future_is_clamped_once_and_stays() -> None:
    ahead = ReadDate(NOW + timedelta(minutes=30), "exact")
    stored = item_of(candidate(published=ahead), decide(None, candidate(published=ahead), NOW))
    assert stored.published_at == NOW
    assert again(stored, published=ahead).verdict == "same"


def test_an_article_without_a_date_keeps_its_first_sight() -> None:
    stored = item_of(candidate(published=None), decide(None, candidate(published=None), NOW))
    later = again(stored, published=None, title="Edited")
    assert (later.published, later.first_seen_at) == (ReadDate(NOW, "first_seen"), NOW)


@pytest.mark.parametrize(
    "printed", [NOW + timedelta(days=3), None], ids=["the time of the edit", "none any more"]
)
def test_an_edit_does_not_move_the_publication_time_to_the_moment_we_first_saw_the_article(
    printed: datetime | None,
) -> None:
    """Readers: an article of last week that is corrected today is not today's news."""
    last_week = ReadDate(NOW - timedelta(days=7), "exact")
    stored = item_of(candidate(published=last_week), decide(None, candidate(published=last_week), NOW))
    bumped = ReadDate(printed, "exact") if printed is not None else None
    edited = again(stored, published=bumped, printed=str(printed), title="Edited")
    assert (edited.reasons, edited.published) == (("title",), last_week)
    item = item_of(candidate(title="Edited"), edited)
    assert (item.published_at, item.published_certainty) == (last_week.at, "exact")


def test_a_date_that_comes_later_is_believed() -> None:
    stored = item_of(candidate(published=None), decide(None, candidate(published=None), NOW))
    dated = ReadDate(NOW - timedelta(hours=2), "exact")
    assert again(stored, published=dated, printed="2026-09-22T10:00Z", title="Edited").published == dated


def test_another_feed_of_the_outlet_does_not_fight_over_an_article() -> None:
    assert again(source_id="b", title="Shorter").reasons == ("held by another source",)


WITHDRAWN = replace(first(), rev=2, digests={}, withdrawn_by="publisher")


def test_a_withdrawn_article_does_not_come_back_by_itself() -> None:
    """A feed may be older than the page it speaks of."""
    assert again(WITHDRAWN, title="Edited").reasons == ("withdrawn",)


def circumstances(stored: StoredItem, besides: Circumstances, days: float = 0, **changes: object) -> Decision:
    return decide(stored, candidate(**changes), NOW + timedelta(days=days), besides)


def test_what_its_publisher_took_down_returns_as_the_next_revision_when_its_page_answers_again() -> None:
    back = circumstances(WITHDRAWN, Circumstances(answers_again=True))
    assert (back.verdict, back.reasons, back.rev) == ("changed", ("returned",), 3)
    assert back.first_seen_at == NOW


def test_what_its_owner_took_down_never_returns() -> None:
    """A court's order does not end because a page answers."""
    owners = replace(WITHDRAWN, withdrawn_by="owner")
    assert circumstances(owners, Circumstances(answers_again=True), days=400).reasons == ("withdrawn",)


def test_a_copy_at_another_address_makes_no_revision() -> None:
    shown = circumstances(first(), Circumstances(copy=True), url="https://a.kg/copy", title="Edited")
    assert (shown.verdict, shown.reasons) == ("same", ("held by another address",))


def test_a_copy_takes_over_what_is_no_longer_shown_at_its_own_address() -> None:
    taken = circumstances(first(), Circumstances(copy=True), days=7.1, url="https://a.kg/copy")
    assert (taken.verdict, taken.reasons) == ("changed", ("url",))


def test_another_source_takes_over_what_its_holder_has_not_shown_for_a_week() -> None:
    assert circumstances(first(), Circumstances(), days=6.9, source_id="b").verdict == "same"
    taken = circumstances(first(), Circumstances(), days=7.1, source_id="b")
    assert (taken.verdict, taken.reasons, taken.rev) == ("changed", ("source",), 2)


def test_another_source_takes_over_at_once_when_the_holder_was_removed() -> None:
    assert circumstances(first(), Circumstances(holder_gone=True), source_id="b").reasons == ("source",)


def test_after_24_revisions_only_a_changed_title_makes_a_further_one() -> None:
    """A text with a clock in it must not be said again at every poll."""
    full = replace(first(), rev=MAX_REVISIONS)
    assert (again(full, text="12:01").verdict, again(full, text="12:01").rev) == ("churned", 24)
    assert again(full, text="12:01", title="Edited").rev == 25


@given(st.lists(st.sampled_from(["title", "text", "nothing"]), max_size=60))
def test_revisions_grow_by_one_and_texts_alone_never_make_more_than_24(edits: list[str]) -> None:
    stored, titles = first(), 0
    for number, edit in enumerate(edits):
        changed = candidate(**({edit: f"Edit {number}"} if edit != "nothing" else {}))
        decision = decide(stored, changed, NOW)
        titles += decision.verdict == "changed" and "title" in decision.reasons
        assert decision.rev - stored.rev == (decision.verdict == "changed")
        if decision.verdict == "changed":
            stored = item_of(changed, decision)
    assert stored.rev <= MAX_REVISIONS + titles
