"""Answers of the record in which each story stands once, and how many articles tell each story that is shown."""

from collections.abc import Iterable, Mapping
from typing import Any

from search.adapters.mongo_documents import LIVE
from search.domain.results import Listed
from shared.mongo import Collection, aggregate

Stage = dict[str, Any]

_TOLD = {"$ifNull": ["$story", "$_id"]}
"""The story of an article, or the article itself, which then is a story of one."""


async def story_sizes(collection: Collection, articles: Iterable[Listed]) -> Mapping[str, int]:
    """Return how many articles of the record tell each story that some articles tell.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    stories = sorted({article.story for article in articles if article.story is not None})
    if not stories:
        return {}
    stages: list[Stage] = [
        {"$match": {"story": {"$in": stories}, "state": LIVE}},
        {"$group": {"_id": "$story", "size": {"$sum": 1}}},
    ]
    return {row["_id"]: int(row["size"]) async for row in aggregate(collection, stages)}


async def count_stories(collection: Collection, condition: Stage) -> int:
    """Return how many stories the articles of a condition tell.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    stages: list[Stage] = [{"$match": condition}, {"$group": {"_id": _TOLD}}, {"$count": "stories"}]
    rows = [row async for row in aggregate(collection, stages, allowDiskUse=True)]
    return int(rows[0]["stories"]) if rows else 0


def once_each(stages: list[Stage]) -> list[Stage]:
    """Return the stages that leave of each story the first article, where the given ones find articles and sort them."""
    # Grouping forgets the order, and takes whole documents along: their large parts are left behind.
    slim: Stage = {"$unset": ["terms", "pending", "html", "sketch"]}
    grouped: list[Stage] = [
        {"$group": {"_id": _TOLD, "first": {"$first": "$$ROOT"}}},
        {"$replaceRoot": {"newRoot": "$first"}},
    ]
    return [*stages[:-1], slim, *stages[-1:], *grouped, stages[-1]]
