"""What any store of subscriptions must do, in memory or on MongoDB; and the one in memory."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from ingest.domain.fetching.outcomes import Accepted, Failed, Reason
from ingest.domain.websub.push import Push
from ingest.domain.websub.subscription import Stage, Step, Subscription
from ingest.ports import Finish, SourceStore, StoreDownError, SubscriptionStore
from shared.clock import Clock
from tests.suites.ingest_fakes import MemorySourceStore
from tests.suites.ingest_stores import claimed, source

HUB, FEED = "https://hub.kg/", "https://a.kg/rss"
FRESH = Subscription("a", "token-of-a", "secret-of-a", HUB, FEED)
OTHER = Subscription("a", "another-token", "another-secret", HUB, "https://a.kg/other")


class MemorySubscriptionStore:
    """The port `SubscriptionStore` in memory, beside the sources; `rivals` change a subscription before our next write."""

    def __init__(self, sources: MemorySourceStore, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock
        self.kept: dict[str, Subscription] = {}
        self.rivals = 0

    def _push(self, source_id: str) -> Push | None:
        if self._sources.down:
            raise StoreDownError("down for the test")
        row = self._sources._rows.get(source_id)
        return None if row is None else row.state.push

    def _show(self, source_id: str, push: Push | None) -> None:
        row = self._sources._rows[source_id]
        row.state = replace(row.state, push=push)

    def _of(self, source_id: str) -> Subscription | None:
        return self.kept.get(source_id) if self._push(source_id) is not None else None

    async def want(self, fresh: Subscription, ask_after_s: float, known: Push | None) -> bool:
        there = self._push(fresh.source_id)
        if fresh.source_id not in self._sources._rows or not _same(there, known):
            return False
        self.kept[fresh.source_id] = replace(fresh, ask_at=self._clock.now() + timedelta(seconds=ask_after_s))
        told, heard = (there.told, there.heard) if there is not None else (0, 0)
        self._show(fresh.source_id, Push(fresh.hub, fresh.topic, fresh.stage, told=told, heard=heard))
        return True

    async def drop(self, source_id: str, known: Push) -> bool:
        there = self._push(source_id)
        if there is None or not _same(there, known):
            return False
        self._show(source_id, None)
        return True

    async def due(self) -> Subscription | None:
        now = self._clock.now()
        due = []
        for source_id, row in self._sources._rows.items():
            one = self._of(source_id)
            at_rest = row.source.paused or row.state.rhythm.retired_at is not None
            if one is not None and one.ask_at is not None and one.ask_at <= now and not at_rest:
                due.append((one.ask_at, source_id, one))
        return min(due)[2] if due else None

    async def keep(self, known: Subscription, step: Step) -> bool:
        there, push = self._of(known.source_id), self._push(known.source_id)
        if there is not None and self.rivals:
            self.rivals -= 1
            there = self.kept[known.source_id] = replace(there, version=there.version + 1)
        if there is None or push is None or (there.token, there.version) != (known.token, known.version):
            return False
        now = self._clock.now()
        live_until = there.live_until
        if step.lease_s is not None:
            live_until = now + timedelta(seconds=step.lease_s) if step.lease_s > 0 else None
        self.kept[known.source_id] = replace(
            there,
            stage=step.stage,
            asks=step.asks,
            version=there.version + 1,
            ask_at=now + timedelta(seconds=step.ask_after_s),
            live_until=live_until,
        )
        self._show(known.source_id, replace(push, stage=step.stage, live_until=live_until))
        return True

    async def by_token(self, token: str) -> Subscription | None:
        found = [one for one in self.kept.values() if one.token == token]
        return self._of(found[0].source_id) if found else None

    async def tell(self, known: Subscription, least_s: float) -> bool:
        there, push = self._of(known.source_id), self._push(known.source_id)
        if there is None or push is None or there.token != known.token:
            return False
        row, now = self._sources._rows[known.source_id], self._clock.now()
        self._show(known.source_id, replace(push, told=push.told + 1, told_at=now))
        polls = [at for at in (row.state.last_success_at, row.state.last_failure_at) if at is not None]
        soon = max([now, *(at + timedelta(seconds=least_s) for at in polls)])
        planned = row.state.next_poll_at
        if planned is not None and planned > soon and row.state.last_failure is None:
            row.state = replace(row.state, next_poll_at=soon)
        return True


def _same(there: Push | None, known: Push | None) -> bool:
    if there is None or known is None:
        return there is known
    return (there.hub, there.topic) == (known.hub, known.topic)


@dataclass
class FakeHubs:
    """The port `Hubs` in memory: takes everything, unless told otherwise."""

    failure: Failed | None = None
    forms: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    async def post_form(self, url: str, fields: Mapping[str, str]) -> Accepted | Failed:
        self.forms.append((url, dict(fields)))
        return self.failure or Accepted()


class SubscriptionStoreSuite(ABC):
    """Behaviours of a store of subscriptions; a test class gives `sources`, `store` and `let_pass`."""

    @abstractmethod
    async def let_pass(self, seconds: float) -> None:
        """Make the store's clock pass some seconds, little enough to be waited for."""

    async def wanted(self, sources: SourceStore, store: SubscriptionStore) -> Subscription:
        """Return a subscription that is due to be asked for."""
        await sources.seed([source("a")])
        assert await store.want(FRESH, 0, None)
        due = await store.due()
        assert due is not None
        return due

    async def push(self, sources: SourceStore) -> Push:
        found = await sources.get("a")
        assert found is not None
        assert found[1].push is not None
        return found[1].push

    async def test_a_subscription_comes_back_with_all_its_fields(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        due = await self.wanted(sources, store)
        assert replace(due, ask_at=None) == FRESH
        assert await store.by_token("token-of-a") == due
        assert await store.by_token("token-of-b") is None
        assert await self.push(sources) == Push(HUB, FEED)

    async def test_a_source_has_one_subscription(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        """Of two replicas that read a feed one puts its hub down; a new one takes the old one's place whole."""
        known = await self.wanted(sources, store)
        assert not await store.want(OTHER, 0, None)
        assert await store.keep(known, Step(Stage.VERIFIED, 0, 100, lease_s=200))
        assert await store.want(OTHER, 60, await self.push(sources))
        assert await store.by_token(FRESH.token) is None
        there = await store.by_token(OTHER.token)
        assert there is not None
        assert (there.topic, there.stage, there.live_until) == (OTHER.topic, Stage.WANTED, None)
        assert await store.due() is None

    async def test_nobody_subscribes_for_a_source_that_is_gone(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        await self.wanted(sources, store)
        await sources.remove("a")
        assert not await store.want(FRESH, 0, None)
        assert await store.by_token(FRESH.token) is None

    async def test_of_two_steps_at_once_one_is_taken(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        """A hub may ask back before it has answered us, and any replica may hear it."""
        known = await self.wanted(sources, store)
        assert await store.keep(known, Step(Stage.PENDING, 1, 600))
        assert not await store.keep(known, Step(Stage.PENDING, 1, 600))
        assert await store.due() is None

    async def test_a_lease_is_kept_until_it_is_renewed_or_denied(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        known = await self.wanted(sources, store)
        await store.keep(known, Step(Stage.VERIFIED, 0, 100, lease_s=200))
        verified = await store.by_token(known.token)
        assert verified is not None
        assert verified.live_until is not None
        assert (await self.push(sources)).live_until == verified.live_until
        await store.keep(verified, Step(Stage.VERIFIED, 1, 600))
        asked = await store.by_token(known.token)
        assert asked is not None
        assert asked.live_until == verified.live_until
        await store.keep(asked, Step(Stage.DENIED, 1, 600, lease_s=0))
        assert (await self.push(sources)).live_until is None

    async def test_paused_and_retired_sources_ask_no_hub(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        await self.wanted(sources, store)
        assert await sources.change(source("a"), source("a", paused=True))
        assert await store.due() is None

    async def test_what_a_hub_tells_makes_its_source_due(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        known = await self.wanted(sources, store)
        assert await sources.finish(await claimed(sources), Finish(3600))
        assert await sources.claim_due("one", 60) is None
        assert await store.tell(known, 0)
        claim = await claimed(sources)
        assert claim.state.push is not None
        assert claim.state.push.news
        assert await sources.finish(claim, Finish(3600, told_delay_s=60))
        assert not (await self.push(sources)).news

    async def test_no_hub_makes_a_source_due_too_soon_or_later_than_it_was(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        """Publishers: a hub that tells of something every second costs them a poll in so many seconds."""
        known = await self.wanted(sources, store)
        await sources.finish(await claimed(sources), Finish(3600))
        await store.tell(known, 60)
        assert await sources.claim_due("one", 60) is None
        await sources.poll_now("a")
        await store.tell(known, 60)
        await sources.finish(await claimed(sources), Finish(0.1))
        await store.tell(known, 60)
        await self.let_pass(0.3)
        assert await sources.claim_due("one", 60) is not None

    async def test_what_a_hub_tells_during_a_poll_asks_for_another(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        """Readers: that poll may have read the feed a moment too early."""
        known = await self.wanted(sources, store)
        claim = await claimed(sources)
        await store.tell(known, 0)
        await sources.finish(claim, Finish(3600, told_delay_s=0.1))
        await self.let_pass(0.3)
        again = await claimed(sources)
        assert again.state.push is not None
        assert again.state.push.news

    async def test_a_source_that_fails_waits_whatever_its_hub_tells(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        """Publishers who asked us to stay away for a while."""
        known = await self.wanted(sources, store)
        await sources.finish(await claimed(sources), Finish(3600, failure=Reason.RATE_LIMITED))
        await store.tell(known, 0)
        assert await sources.claim_due("one", 60) is None
        assert (await self.push(sources)).news

    async def test_at_a_new_address_the_old_subscription_is_over(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        known = await self.wanted(sources, store)
        assert await sources.change(source("a"), source("a", url="https://new.kg/rss"))
        assert await store.by_token(known.token) is None
        assert not await store.tell(known, 0)
        assert not await store.keep(known, Step(Stage.PENDING, 1, 600))

    async def test_a_feed_without_a_hub_has_no_subscription_any_more(
        self, sources: SourceStore, store: SubscriptionStore
    ) -> None:
        known = await self.wanted(sources, store)
        push = await self.push(sources)
        assert not await store.drop("a", replace(push, hub="https://another.kg/"))
        assert await store.drop("a", push)
        assert await store.by_token(known.token) is None
        assert await store.due() is None
