"""Subscriptions to hubs, in MongoDB: each within its source's document, changed by compare-and-set and the server's clock."""

from typing import Any

from ingest.adapters.mongo_failures import store_errors
from ingest.adapters.mongo_push import HUBS_TO_ASK, from_now, read_subscription
from ingest.adapters.mongo_source_store import COLLECTION
from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Step, Subscription
from shared.mongo import Collection, Database, Document


class MongoSubscriptionStore:
    """The port `SubscriptionStore` over the sources.

    A source's `push` is {token, secret, hub, topic, stage, asks, version, ask_at, live_until, told, heard, told_at}. The
    counts `told` and `heard` outlive one subscription, so that a poll in hand cannot mistake one for another.
    """

    def __init__(self, database: Database) -> None:
        self._sources: Collection = database[COLLECTION]

    async def want(self, fresh: Subscription, ask_after_s: float, known: Push | None) -> bool:
        """Put a new subscription in the place of the one known; False when there is another by now."""
        told: Document = {
            "token": fresh.token,
            "secret": fresh.secret,
            "hub": fresh.hub,
            "topic": fresh.topic,
            "stage": fresh.stage.value,
            "asks": fresh.asks,
            "version": fresh.version,
        }
        counts = {name: {"$ifNull": [f"$push.{name}", 0]} for name in ("told", "heard")}
        push = {name: {"$literal": value} for name, value in told.items()}
        push |= {**counts, "ask_at": from_now(ask_after_s)}
        # $set alone would leave fields of the old subscription.
        change = [{"$replaceWith": {"$setField": {"field": "push", "input": "$$ROOT", "value": push}}}]
        with store_errors():
            done = await self._sources.update_one({"_id": fresh.source_id, **_same(known)}, change)
        return done.matched_count == 1

    async def drop(self, source_id: str, known: Push) -> bool:
        """Forget a subscription; False when the source has another one by now."""
        with store_errors():
            done = await self._sources.update_one(
                {"_id": source_id, **_same(known)}, {"$unset": {"push": ""}}
            )
        return done.matched_count == 1

    async def due(self) -> Subscription | None:
        """Return the subscription whose hub waits longest to be asked, None where none does."""
        with store_errors():
            found = await self._sources.find_one(
                {
                    "push.token": {"$exists": True},
                    "$expr": {"$lte": ["$push.ask_at", "$$NOW"]},
                    "paused": {"$ne": True},
                    "state.rhythm.retired_at": {"$exists": False},
                },
                {"push": 1},
                sort=[("push.ask_at", 1)],
                hint=HUBS_TO_ASK,
            )
        return None if found is None else read_subscription(found["_id"], found["push"])

    async def keep(self, known: Subscription, step: Step) -> bool:
        """Take a subscription a step further; False when it is not `known` any more."""
        changes: dict[str, Any] = {
            "push.stage": step.stage.value,
            "push.asks": step.asks,
            "push.version": known.version + 1,
            "push.ask_at": from_now(step.ask_after_s),
        }
        if step.lease_s is not None:
            changes["push.live_until"] = from_now(step.lease_s) if step.lease_s > 0 else None
        same = {"_id": known.source_id, "push.token": known.token, "push.version": known.version}
        with store_errors():
            done = await self._sources.update_one(same, [{"$set": changes}])
        return done.matched_count == 1

    async def by_token(self, token: str) -> Subscription | None:
        """Return the subscription of a callback, None where there is none."""
        with store_errors():
            found = await self._sources.find_one({"push.token": token}, {"push": 1})
        return None if found is None else read_subscription(found["_id"], found["push"])

    async def tell(self, known: Subscription, least_s: float) -> bool:
        """Note that a hub told of something, and make the source due; False when the subscription is gone."""
        soon = {"$max": ["$$NOW", {"$add": ["$polled_at", int(least_s * 1000)]}]}
        well = {"$eq": [{"$ifNull": ["$state.last_failure", None]}, None]}
        # A source that is due already has no time of its next poll, and keeps having none.
        sooner = {"$and": [well, {"$gt": ["$next_poll_at", soon]}]}
        changes = {
            "push.told": {"$add": [{"$ifNull": ["$push.told", 0]}, 1]},
            "push.told_at": "$$NOW",
            "next_poll_at": {"$cond": [sooner, soon, "$next_poll_at"]},
        }
        with store_errors():
            done = await self._sources.update_one(
                {"_id": known.source_id, "push.token": known.token}, [{"$set": changes}]
            )
        return done.matched_count == 1


def _same(known: Push | None) -> Document:
    """Return what the subscription that is known must look like still; without one there is no hub."""
    if known is None:
        return {"push.hub": None}
    return {"push.hub": known.hub, "push.topic": known.topic}
