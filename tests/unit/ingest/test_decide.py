"""New, changed or the same, and why."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.domain.articles.decide import COMPARED, Decision, StoredItem, decide
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


def test_another_feed_of_the_outlet_does_not_fight_over_an_article() -> None:
    assert again(source_id="b", title="Shorter").reasons == ("held by another source",)


def test_a_withdrawn_article_does_not_come_back() -> None:
    assert again(replace(first(), withdrawn=True), title="Edited").reasons == ("withdrawn",)
