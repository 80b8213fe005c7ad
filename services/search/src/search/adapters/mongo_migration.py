"""Brings the record to the form that this version reads: its indexes, and the words by which MongoDB is searched.

Run by the service at its start, and by `python -m search.migrate` beforehand. Safe to repeat, and to run twice at once.
"""

from collections.abc import Sequence
from typing import Any

import structlog

from search.adapters.mongo_documents import (
    ARTICLES,
    LIVE,
    UnreadableDocumentError,
    change_from,
    terms_of,
)
from search.domain.article import Article
from shared.mongo import Database, Document, UpdateOne, ensure_index, translate
from shared.outbox import ensure_indexes

META = "meta"

_NEWEST = ("newest", [("state", 1), ("key", -1), ("_id", 1)])
_TERMS = ("terms", [("terms", 1), ("key", -1)])
_STORY = ("story", [("story", 1)])
_OPTIONS: dict[str, Document] = {"story": {"partialFilterExpression": {"story": {"$type": "string"}}}}
_PAGE = 200

_log = structlog.get_logger()


def indexes(*, words: bool) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the record's own indexes; the outbox adds its own.

    Args:
        words: whether MongoDB itself answers searches, for which it needs a large index more.
    """
    return [_NEWEST, _STORY, *([_TERMS] if words else [])]


async def missing(database: Database, *, words: str | None) -> list[str]:
    """Return what a migration would make.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    with translate():
        known = await database[ARTICLES].index_information()
        wanted = [name for name, _ in indexes(words=words is not None) if name not in known]
        return wanted + ([] if words in {None, await _words(database)} else ["words"])


async def migrate(database: Database, *, words: str | None) -> None:
    """Make what is missing.

    Args:
        database: search's own.
        words: version of the analysis by which the words of articles are to be searched in MongoDB; None for not at all.

    Raises:
        MongoUnavailableError: MongoDB does not answer now, or not in time; what was begun goes on at the next call.
    """
    lacking = await missing(database, words=words)
    if lacking:
        _log.info("record_migrating", missing=lacking)
    with translate():
        for name, keys in indexes(words=words is not None):
            await ensure_index(database[ARTICLES], keys, name=name, **_OPTIONS.get(name, {}))
        await ensure_indexes(database[ARTICLES])
        if "words" in lacking and words is not None:
            await _fill_words(database, words)
        # Articles that are stored from now on lack words where MongoDB is not searched for them.
        await database[META].update_one({"_id": "words"}, {"$set": {"version": words}}, upsert=True)
    if lacking:
        _log.info("record_migrated", made=lacking, outcome="ok")


async def _words(database: Database) -> str | None:
    found = await database[META].find_one({"_id": "words"})
    return None if found is None else found["version"]


async def _fill_words(database: Database, words: str) -> None:
    """Analyse again what was stored without words, or with those of another version."""
    articles, after = database[ARTICLES], ""
    while True:
        condition: dict[str, Any] = {"_id": {"$gt": after}, "state": LIVE, "words": {"$ne": words}}
        found = articles.find(condition, {"pending": 0, "html": 0, "terms": 0}).sort("_id", 1).limit(_PAGE)
        page = await found.to_list(_PAGE)
        if not page:
            return
        updates = _updates(page, words)
        if updates:
            await articles.bulk_write(updates, ordered=False)
        after = page[-1]["_id"]


def _updates(page: Sequence[Document], words: str) -> list[UpdateOne]:
    updates = []
    for document in page:
        try:
            article = change_from(document)
        except UnreadableDocumentError:
            continue
        if isinstance(article, Article):
            # Only this revision: another one that comes meanwhile brings its own.
            condition = {"_id": article.id, "rev": article.rev}
            updates.append(
                UpdateOne(condition, {"$set": {"words": words, "terms": terms_of(article, words=True)}})
            )
    return updates
