"""A source's subscription to a hub, as it is kept within its document in MongoDB under `push`."""

from collections.abc import Mapping
from typing import Any

from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Stage, Subscription
from ingest.ports import Finish
from shared.mongo import Collection, Document

CALLBACKS = "callbacks"
HUBS_TO_ASK = "hubs_to_ask"


async def ensure_push_indexes(sources: Collection) -> None:
    """Create what callbacks and asking hubs need; safe to repeat."""
    having_one = {"push.token": {"$exists": True}}
    await sources.create_index(
        [("push.token", 1)], name=CALLBACKS, unique=True, partialFilterExpression=having_one
    )
    await sources.create_index([("push.ask_at", 1)], name=HUBS_TO_ASK, partialFilterExpression=having_one)


def from_now(seconds: float) -> Document:
    """Return the moment that is so many seconds away, by the server's clock."""
    return {"$add": ["$$NOW", int(seconds * 1000)]}


def poll_seen_to(push: Push, finish: Finish) -> dict[str, Any]:
    """Return what a poll changes: what its hub had told before is seen to, what it told since asks for another poll."""
    changes: dict[str, Any] = {}
    if finish.failure is None:
        changes["push.heard"] = {"$literal": push.told}
        if finish.told_delay_s is not None:
            told_since = {"$gt": [{"$ifNull": ["$push.told", 0]}, push.told]}
            soon, later = from_now(min(finish.told_delay_s, finish.delay_s)), from_now(finish.delay_s)
            changes["next_poll_at"] = {"$cond": [told_since, soon, later]}
    return changes


def read_push(document: Mapping[str, Any] | None) -> Push | None:
    """Return what polling and people need to know; None where there is no subscription."""
    if document is None or "token" not in document:
        return None
    return Push(
        hub=document["hub"],
        topic=document["topic"],
        stage=Stage(document["stage"]),
        live_until=document.get("live_until"),
        told_at=document.get("told_at"),
        told=document.get("told", 0),
        heard=document.get("heard", 0),
    )


def read_subscription(source_id: str, document: Mapping[str, Any]) -> Subscription:
    """Return the whole of a subscription, its secret too."""
    return Subscription(
        source_id=source_id,
        token=document["token"],
        secret=document["secret"],
        hub=document["hub"],
        topic=document["topic"],
        stage=Stage(document["stage"]),
        asks=document["asks"],
        version=document["version"],
        ask_at=document.get("ask_at"),
        live_until=document.get("live_until"),
    )
