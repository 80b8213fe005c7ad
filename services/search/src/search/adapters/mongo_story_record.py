"""What the worker of stories reads from the record and writes to it; `story` of an article is set without touching rev.

Where it stands in the record's changes is kept in its lease (collection `stories`), so that the lease's epoch is the
fence: a worker that lost it cannot move the place of the one that has it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from search.adapters.mongo_documents import ARTICLES, LIVE
from search.domain.article import day_of, first_key, last_key
from search.domain.near_duplicates import Sketch, sketch_of, unpacked
from search.domain.stories import Teller
from shared.mongo import (
    ChangeStreamLostError,
    Collection,
    Database,
    Document,
    Timestamp,
    UpdateOne,
    changes_at_hand,
    settled_time,
    translate,
    watch,
)

STORIES = "stories"

_LEASE = "bucket:0"
_FIELDS = {"state": 1, "sketch": 1, "published_at": 1, "first_seen_at": 1, "story": 1}
_TEXTS = {"title": 1, "text": 1, "summary": 1}
_PAGE = 1000
_AWAIT_MS = 200
_ENDS = {"drop", "rename", "dropDatabase", "invalidate"}

_PIPELINE: list[Document] = [
    {
        "$match": {
            "$or": [
                {"operationType": {"$in": ["insert", "replace", "delete", *sorted(_ENDS)]}},
                {"updateDescription.updatedFields.rev": {"$exists": True}},
                # By whomever it was changed: what is not as it must be is set right again.
                {"updateDescription.updatedFields.story": {"$exists": True}},
            ]
        }
    },
    {"$project": {"documentKey": 1, "operationType": 1}},
]


@dataclass(frozen=True, slots=True)
class Place:
    """How far the record's changes were read.

    Attributes:
        token: the change stream's resume token; None right after all articles were read.
        time: the record's time (seconds, counter) when reading them all began, to go on from without a token.
    """

    token: dict[str, Any] | None
    time: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Known:
    """An article as the worker sees it.

    Attributes:
        id: the article's.
        teller: what its story is told by; None where it cannot be told: withdrawn, or too short.
        story: the story that the record has for it.
    """

    id: str
    teller: Teller | None
    story: str | None


class MongoStoryRecord:
    """The record, as the worker of stories needs it. Every method raises MongoUnavailableError while MongoDB is away.

    Args:
        database: search's own.
    """

    def __init__(self, database: Database) -> None:
        self._articles = database[ARTICLES]
        self._stories = database[STORIES]

    @property
    def leases(self) -> Collection:
        """Where the lease of the worker lives."""
        return self._stories

    async def now(self) -> tuple[int, int]:
        """Return the record's time; what will be stored has a higher one."""
        time = await settled_time(self._articles)
        return time.time, time.inc

    async def place(self, epoch: int) -> Place | None:
        """Return where the last worker stood, or None when all articles must be read first."""
        with translate():
            lease = await self._stories.find_one({"_id": _LEASE, "epoch": epoch})
        kept = (lease or {}).get("place")
        return None if kept is None else Place(kept["token"], tuple(kept["time"]))

    async def save(self, place: Place | None, epoch: int) -> bool:
        """Keep where the worker stands; False when the lease has another holder by now."""
        kept = None if place is None else {"token": place.token, "time": list(place.time)}
        with translate():
            done = await self._stories.update_one({"_id": _LEASE, "epoch": epoch}, {"$set": {"place": kept}})
        return done.matched_count == 1

    async def read(self, ids: Iterable[str]) -> list[Known]:
        """Return articles as they are now; those that are gone have nothing to tell."""
        wanted = sorted(set(ids))
        with translate():
            documents = await self._articles.find({"_id": {"$in": wanted}}, _FIELDS).to_list(len(wanted))
        found = {one.id: one for one in await self._known(documents)}
        return [found.get(article_id) or Known(article_id, None, None) for article_id in wanted]

    def published(self, first: date, last: date) -> AsyncIterator[list[Known]]:
        """Yield the live articles published on some days, both included, in pages."""
        keys = {"$gte": first_key(first), "$lte": last_key(last)}
        return self._pages({"state": LIVE, "key": keys})

    def telling(self, stories: Iterable[str]) -> AsyncIterator[list[Known]]:
        """Yield all articles that the record has some stories for, in pages."""
        return self._pages({"story": {"$in": sorted(stories)}})

    async def day_from(self, first: date) -> date | None:
        """Return the first day from `first` on on which a live article was published, or None."""
        condition = {"state": LIVE, "key": {"$gte": first_key(first)}}
        with translate():
            found = await self._articles.find(condition, {"key": 1}).sort("key", 1).limit(1).to_list(1)
        return day_of(found[0]["key"]) if found else None

    async def tell(self, stories: Mapping[str, str | None]) -> None:
        """Set the stories of articles; one that was withdrawn meanwhile gets none any more."""
        # Null rather than no field: views follow changes of a field, and an unset field would be none.
        updates = [
            UpdateOne(
                {"_id": article_id} if story is None else {"_id": article_id, "state": LIVE},
                {"$set": {"story": story}},
            )
            for article_id, story in sorted(stories.items())
        ]
        for start in range(0, len(updates), _PAGE):
            with translate():
                await self._articles.bulk_write(updates[start : start + _PAGE], ordered=False)

    def changes(self, place: Place) -> AbstractAsyncContextManager[Any]:
        """Open the changes behind a place, for `hear`."""
        options: dict[str, Any] = {"max_await_time_ms": _AWAIT_MS, "batch_size": _PAGE}
        if place.token is not None:
            options["resume_after"] = place.token
        else:
            options["start_at_operation_time"] = Timestamp(*place.time)
        return watch(self._articles, _PIPELINE, **options)

    async def _pages(self, condition: Document) -> AsyncIterator[list[Known]]:
        page: list[Document] = []
        with translate():
            async for document in self._articles.find(condition, _FIELDS).batch_size(_PAGE):
                page.append(document)
                if len(page) == _PAGE:
                    yield await self._known(page)
                    page = []
        if page:
            yield await self._known(page)

    async def _known(self, documents: list[Document]) -> list[Known]:
        """Return what documents say. An article whose sketch another version of this service made is sketched anew.

        It is not stored: only articles of the days around new ones are asked for, and those are soon of this version.
        """
        dated = [document["_id"] for document in documents if _is_dated(document.get("sketch"))]
        sketches: dict[str, Sketch | None] = {}
        if dated:
            with translate():
                rows = await self._articles.find({"_id": {"$in": dated}}, _TEXTS).to_list(len(dated))
            # A thousand take a tenth of a second: not on the loop that answers requests.
            sketches = await asyncio.to_thread(lambda: {row["_id"]: _sketch_of(row) for row in rows})
        return [
            Known(document["_id"], _teller(document, sketches), document.get("story"))
            for document in documents
        ]


async def hear(stream: Any, *, most: int, within_s: float) -> tuple[set[str], dict[str, Any]]:
    """Return the articles that changed, and the token to go on from: at most so many, or what came within some seconds.

    Raises:
        ChangeStreamLostError: the collection is gone.
        MongoUnavailableError: MongoDB does not answer now.
    """
    loop = asyncio.get_running_loop()
    ids, until = set[str](), loop.time() + within_s
    with translate():
        while len(ids) < most and loop.time() < until:
            changes = await changes_at_hand(stream, most - len(ids))
            for change in changes:
                if change["operationType"] in _ENDS:
                    raise ChangeStreamLostError(f"collection: {change['operationType']}")
                ids.add(change["documentKey"]["_id"])
            if not changes:
                break
    return ids, dict(stream.resume_token)


def _is_dated(sketch: object) -> bool:
    return isinstance(sketch, bytes) and len(sketch) % 4 == 0 and unpacked(sketch) is None


def _sketch_of(document: Document) -> Sketch | None:
    title, text = document.get("title"), document.get("text") or document.get("summary")
    return sketch_of(title, text) if isinstance(title, str) and isinstance(text, str) else None


def _teller(document: Document, sketches: Mapping[str, Sketch | None]) -> Teller | None:
    """Return what a document says of its article; None for one that cannot be read, which must not stop all others.

    Args:
        document: the article's.
        sketches: of articles whose document has none that can be compared.
    """
    packed = document.get("sketch")
    published_at, first_seen_at = document.get("published_at"), document.get("first_seen_at")
    if document.get("state") != LIVE or not isinstance(packed, bytes) or len(packed) % 4:
        return None
    if not isinstance(published_at, datetime) or not isinstance(first_seen_at, datetime):
        return None
    sketch = unpacked(packed) or sketches.get(document["_id"])
    return None if sketch is None else Teller(document["_id"], sketch, published_at, first_seen_at)
