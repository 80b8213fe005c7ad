"""The record is brought to the form that this version reads, whatever version and whichever setting wrote it."""

import pytest

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_index import MongoIndex
from search.adapters.mongo_migration import migrate, missing
from search.adapters.tantivy_schema import VERSION
from search.domain.results import Ask
from shared.clock import SystemClock
from shared.mongo import Database
from shared.query import read_query
from tests.suites.article_builders import a_record, a_withdrawal, an_article

ARTICLES_OF_OLD = [
    an_article("a", minutes=4, title="Rail to Osh", text="The old bazaar burns."),
    an_article("b", minutes=3, title="Bazaar", text="Old rails, new bazaar.", language="ru"),
    an_article("c", minutes=2, title="Weather", text="Rain over the old bazaar and the railway."),
    an_article("d", minutes=1, title="Railways", text="Nothing."),
]


@pytest.fixture
async def plain(database: Database) -> MongoArticleStore:
    """A store as it is beside a view: without words."""
    store = MongoArticleStore(database, SystemClock())
    await store.prepare()
    await store.save([a_record(article) for article in ARTICLES_OF_OLD])
    await store.save([a_record(a_withdrawal("d"))])
    return store


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "rail",
        "bazaar",
        "rail OR rain",
        "old -weather",
        '"old bazaar"',
        "rai*",
        "lang:ru",
        "title:bazaar",
        "-rail",
    ],
)
async def test_while_a_view_is_built_mongodb_finds_the_same_without_words(
    database: Database, plain: MongoArticleStore, typed: str
) -> None:
    """Readers of a new replica get every article, only later; keeping words for them would slow every store down."""
    del plain
    ask = Ask(read_query(typed), "newest", 2)
    without = await MongoIndex(database, words=False).search(ask)
    await migrate(database, words=VERSION)
    assert await MongoIndex(database).search(ask) == without


async def test_words_are_made_where_mongodb_is_to_answer_for_good(
    database: Database, plain: MongoArticleStore
) -> None:
    """Somebody sets SEARCH_INDEX=mongo on a record that a view was built from."""
    assert set(await missing(database, words=VERSION)) == {"terms", "words"}
    lean = await database[ARTICLES].find_one({"_id": "a"})
    assert lean is not None
    assert not any(term.startswith("w:") for term in lean["terms"])
    await migrate(database, words=VERSION)
    assert await missing(database, words=VERSION) == []
    full = await database[ARTICLES].find_one({"_id": "a"})
    assert full is not None
    assert "w:rail" in full["terms"]
    assert await plain.get("a") == ARTICLES_OF_OLD[0]


async def test_words_of_another_analysis_or_from_between_are_made_anew(
    database: Database, plain: MongoArticleStore
) -> None:
    """The analysis changed with an upgrade; or the setting was tantivy for a while, and articles came without words."""
    await migrate(database, words="an older analysis")
    assert await missing(database, words=VERSION) == ["words"]
    await migrate(database, words=VERSION)
    await plain.prepare()
    await plain.save([a_record(an_article("e", title="Rail"))])
    assert await missing(database, words=VERSION) == ["words"]
    await migrate(database, words=VERSION)
    found = await MongoIndex(database).search(Ask(read_query("rail"), "newest", 10))
    assert {article.id for article in found.articles} == {"a", "b", "e"}


async def test_a_record_that_is_as_it_should_be_is_left_alone(
    database: Database, plain: MongoArticleStore
) -> None:
    del plain
    assert await missing(database, words=None) == []
    await migrate(database, words=None)


async def test_an_index_over_many_articles_may_take_longer_than_any_other_call(database: Database) -> None:
    """Over a million it was given up after five seconds and begun anew, for ever: search never became ready."""
    await database.command("profile", 2)
    await migrate(database, words=None)
    await database.command("profile", 0)
    told = database["system.profile"].find({"op": "command"})
    bounds_ms = [
        ("createIndexes" in one["command"], one["command"]["maxTimeMS"])
        for one in await told.to_list(None)
        if "maxTimeMS" in one["command"]
    ]
    made = [bound_ms for makes, bound_ms in bounds_ms if makes]
    others = [bound_ms for makes, bound_ms in bounds_ms if not makes]
    assert len(made) == 3
    assert min(made) > 500_000
    assert max(others) <= 5_000
