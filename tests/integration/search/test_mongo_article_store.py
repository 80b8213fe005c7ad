"""The record keeps the highest revision of every article, whatever order and however often it hears of them."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.domain.article import Change
from search.domain.revision import Revision
from search.ports import IndexUnavailableError, Record
from shared.bus.errors import DependencyDown
from shared.clock import SystemClock
from shared.mongo import Database, connect
from shared.outbox import bucket_of
from tests.suites.article_builders import NOON, a_record, a_source, a_withdrawal, an_article


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("together", [True, False], ids=["one_batch", "one_by_one"])
async def test_the_highest_revision_wins_in_any_order(
    store: MongoArticleStore, seed: int, *, together: bool
) -> None:
    revisions: list[Change] = [an_article("a", rev=rev, title=f"Title {rev}") for rev in range(1, 6)]
    shuffled = [*revisions, *revisions]
    random.Random(seed).shuffle(shuffled)  # noqa: S311  any order will do
    records = [a_record(change) for change in shuffled]
    batches = [records] if together else [[record] for record in records]
    for batch in batches:
        await store.save(batch)
    assert await store.get("a") == revisions[-1]


async def test_a_batch_with_old_news_stores_the_rest_and_counts_both(store: MongoArticleStore) -> None:
    await store.save([a_record(an_article("known", rev=3))])
    saved = await store.save([a_record(an_article("known", rev=2)), a_record(an_article("new"))])
    assert (saved.stored, saved.older) == (1, 1)
    assert await store.get("new") == an_article("new")
    again = await store.save([a_record(an_article("new"))])
    assert (again.stored, again.older) == (0, 1)


async def test_a_batch_of_first_and_later_revisions_some_of_them_old_stores_what_is_news(
    store: MongoArticleStore,
) -> None:
    """First revisions are written otherwise than later ones, and neither may keep the other from being stored."""
    await store.save([a_record(an_article("low", rev=1)), a_record(an_article("high", rev=3))])
    changes = [
        an_article("low", rev=1),
        an_article("high", rev=2),
        an_article("first", rev=1),
        an_article("later", rev=2),
        an_article("high", rev=1),
        an_article("third", rev=1),
    ]
    saved = await store.save([a_record(change) for change in changes])
    assert (saved.stored, saved.older) == (3, 3)
    revised = await store.save([a_record(an_article("low", rev=2)), a_record(an_article("third", rev=1))])
    assert (revised.stored, revised.older) == (1, 1)
    assert await store.get("low") == an_article("low", rev=2)
    assert await store.get("high") == an_article("high", rev=3)
    for told in (an_article("first"), an_article("later", rev=2), an_article("third")):
        assert await store.get(told.id) == told


async def test_an_article_comes_back_as_it_was_stored(store: MongoArticleStore) -> None:
    article = an_article(
        "whole",
        text="Юникод, 中文\n\nтекст",
        source=a_source(country=None, link=None, rights="full"),
        language=None,
        image="https://orda.test/a.jpg",
        authors=("One", "Two"),
        published_certainty="day_only",
    )
    await store.save([a_record(article)])
    assert await store.get("whole") == article
    assert await store.get("never heard of") is None


async def test_a_document_that_cannot_be_read_is_not_found_and_logged(
    store: MongoArticleStore, database: Database
) -> None:
    """Another version of this service may have written it; that is no reason to fail."""
    await database[ARTICLES].insert_one({"_id": "odd", "state": "live", "rev": "x"})
    with structlog.testing.capture_logs() as logs:
        assert await store.get("odd") is None
    assert [(entry["event"], entry["article_id"]) for entry in logs] == [
        ("record_document_unreadable", "odd")
    ]


async def test_a_withdrawal_erases_text_and_refuses_late_lower_revisions(
    store: MongoArticleStore, database: Database
) -> None:
    """Erasing is a promise to publishers: nothing of the text may stay, the pending announcement included."""
    await store.save([a_record(an_article("a", rev=1, title="Secret", text="Secret", html="Secret"))])
    await store.save([a_record(a_withdrawal("a", rev=3))])
    await store.save([a_record(an_article("a", rev=2, title="Secret", text="Secret"))])
    assert await store.get("a") == a_withdrawal("a", rev=3)
    document = await database[ARTICLES].find_one({"_id": "a"})
    assert document is not None
    assert "secret" not in repr(document).lower()
    assert (document["url"], document["rev"], document["state"]) == ("https://orda.test/a", 3, "withdrawn")


async def test_a_withdrawal_that_comes_before_its_article_is_kept(store: MongoArticleStore) -> None:
    await store.save([a_record(a_withdrawal("a", rev=2))])
    await store.save([a_record(an_article("a", rev=1))])
    assert await store.get("a") == a_withdrawal("a", rev=2)


async def test_a_higher_revision_brings_a_withdrawn_article_back(store: MongoArticleStore) -> None:
    await store.save([a_record(a_withdrawal("a", rev=2))])
    await store.save([a_record(an_article("a", rev=3))])
    assert await store.get("a") == an_article("a", rev=3)


async def test_each_stored_change_waits_for_its_announcement_and_for_the_latest_only(
    store: MongoArticleStore, database: Database
) -> None:
    await store.save([a_record(an_article("a", rev=1))])
    await store.save([a_record(an_article("a", rev=2))])
    await store.save([a_record(an_article("a", rev=1))])
    document = await database[ARTICLES].find_one({"_id": "a"})
    assert document is not None
    assert [entry["id"] for entry in document["pending"]] == [
        a_record(an_article("a", rev=2)).announcement.id
    ]
    assert document["bucket"] == bucket_of("a")


async def test_the_record_keeps_its_identity_until_it_is_made_anew(
    store: MongoArticleStore, database: Database
) -> None:
    """A view remembers whose changes it followed; another record's would be wrong answers."""
    identity = await store.prepare()
    assert identity
    assert await store.prepare() == identity
    await database["meta"].delete_many({})
    assert await store.prepare() != identity


async def test_an_unreachable_database_is_told_as_such(mongo_driver: str, silent_uri: str) -> None:
    """Deliveries are then held: an attempt at every article would only fill the dead letters."""
    nowhere = connect(
        silent_uri,
        driver="motor" if mongo_driver == "motor" else "pymongo",
        deadline_ms=200,
    )
    store = MongoArticleStore(nowhere.database("nowhere"), SystemClock())
    with pytest.raises(DependencyDown):
        await store.save([a_record(an_article("a"))])
    with pytest.raises(IndexUnavailableError):
        await store.get("a")
    await nowhere.close()


async def test_revisions_are_remembered_in_whatever_batches_they_come_and_forgotten_with_the_article(
    store: MongoArticleStore,
) -> None:
    def seen(rev: int, *changed: str) -> Record:
        return replace(
            a_record(an_article("a", rev=rev)),
            revision=Revision(rev, NOON + timedelta(hours=rev), changed),
        )

    await store.save([seen(2, "title"), seen(1)])
    await store.save([seen(2, "title"), seen(3, "text", "image")])
    assert [(one.rev, one.changed) for one in await store.revisions("a")] == [
        (3, ("text", "image")),
        (2, ("title",)),
        (1, ()),
    ]
    assert (await store.revisions("a"))[0].at == NOON + timedelta(hours=3)
    await store.save([a_record(a_withdrawal("a", rev=4))])
    assert await store.revisions("a") == []
    assert await store.revisions("never") == []
