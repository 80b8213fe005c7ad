"""What any store of items must do about identity, withdrawals and looks at pages, in memory or on MongoDB."""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from ingest.domain.articles.decide import Circumstances, StoredItem, WithdrawnBy, decide
from ingest.domain.articles.recheck import Looked, Next
from ingest.domain.articles.withdrawal import withdrawal_of
from ingest.pipeline.events import collected, item_of, withdrawn
from ingest.ports import ItemStore, LookStore, Note
from tests.suites.ingest_fakes import MAX_PENDING
from tests.suites.ingest_stores import NOW, ItemStoreSuite, candidate, source


class IdentitySuite(ItemStoreSuite):
    """Behaviours of a store of items, with those of keys and withdrawals."""

    async def test_an_article_is_known_by_each_of_its_keys(self, items: ItemStore) -> None:
        await self.put_known_by(items, "article1", "alias")
        assert [one.id for one in await items.known_by(["alias", "article1", "nobody"])] == ["article1"]

    async def put_known_by(self, items: ItemStore, name: str, *keys: str) -> bool:
        new = candidate(id=name)
        decision = self.decided(None, new)
        return await items.insert(item_of(new, decision, keys), collected(new, decision, source("a"), NOW))

    async def test_no_two_articles_ever_have_a_key_in_common(self, items: ItemStore) -> None:
        assert await self.put_known_by(items, "article1", "shared")
        assert not await self.put_known_by(items, "article2", "shared")
        assert await self.put_known_by(items, "article2", "its-own")
        (second,) = await items.known_by(["article2"])
        changed = candidate(id="article2", title="Edited")
        decision = self.decided(second, changed)
        claims = item_of(changed, decision, (*second.keys, "shared"))
        assert not await items.replace(claims, collected(changed, decision, source("a"), NOW))
        await items.note([Note("article2", ("shared", "free"), ("free",))])
        (second,) = await items.known_by(["article2"])
        assert (second.keys, second.copies) == (("article2", "its-own", "free"), ("free",))

    async def test_a_revision_keeps_keys_that_were_learnt_meanwhile(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        known = await self.known(items)
        await items.note([Note("article1", ("learnt",))])
        assert await self.put(items, known, candidate(title="Edited"))
        assert "learnt" in (await self.known(items)).keys

    async def test_what_was_shown_is_remembered(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        later = NOW + timedelta(days=1)
        await items.note([Note("article1", shown_at=later)])
        assert (await self.known(items)).shown_at == later
        await items.note([])

    async def withdraw(self, items: ItemStore, stored: StoredItem, by: WithdrawnBy = "owner") -> bool:
        gone = withdrawal_of(stored, by)
        assert gone is not None
        return await items.withdraw(gone, withdrawn(gone, f"{by}: a reason", NOW))

    async def test_a_withdrawal_leaves_nothing_but_what_the_article_is_known_by(
        self, items: ItemStore
    ) -> None:
        await self.put(items, None, candidate())
        await items.note([Note("article1", ("alias",))])
        before = await self.known(items)
        assert await self.withdraw(items, before)
        (left,) = await items.known_by(["alias"])
        assert (left.rev, left.withdrawn_by, left.digests) == (2, "owner", {})
        assert (left.id, left.url, left.source_id, left.keys) == (before.id, before.url, "a", before.keys)

    async def test_a_withdrawal_drops_the_events_that_wait(self, items: ItemStore) -> None:
        """Their texts must not be published after it, nor stay in the database."""
        await self.put(items, None, candidate())
        await self.put(items, await self.known(items), candidate(title="Edited"))
        await self.withdraw(items, await self.known(items))
        assert await items.waiting(1000) == 1

    async def test_a_withdrawal_is_stored_even_where_the_outbox_is_full(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        for number in range(2, MAX_PENDING + 1):
            assert await self.put(items, await self.known(items), candidate(title=f"Edit {number}"))
        assert await self.withdraw(items, await self.known(items))

    async def test_a_revision_and_a_withdrawal_never_get_the_same_number(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        known = await self.known(items)
        won = await asyncio.gather(
            self.withdraw(items, known),
            self.put(items, known, candidate(title="Edited")),
            self.withdraw(items, known),
        )
        assert sum(won) == 1
        assert (await self.known(items)).rev == 2

    async def test_a_return_takes_the_next_revision(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        await self.withdraw(items, await self.known(items), "publisher")
        gone = await self.known(items)
        await items.note([Note("article1", looked_at=NOW)])
        assert (await self.known(items)).looked_at == NOW
        decision = decide(gone, candidate(), NOW, Circumstances(answers_again=True))
        event = collected(candidate(), decision, source("a"), NOW)
        assert await items.replace(item_of(candidate(), decision), event)
        back = await self.known(items)
        assert (back.rev, back.withdrawn_by) == (3, None)


class LookStoreSuite(ABC):
    """Behaviours of a store of looks; an implementation's test class gives `items` and `looks` over the same items."""

    @abstractmethod
    async def let_pass(self, seconds: float) -> None:
        """Make the store's clock pass some seconds."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the store's time."""

    async def put(self, items: ItemStore, name: str, days_ago: float = 2) -> StoredItem:
        """Store an article first seen some days ago."""
        at = (self.now() - timedelta(days=days_ago)).replace(microsecond=0)
        new = candidate(id=name, keys=(), url=f"https://a.kg/{name}")
        decision = decide(None, new, at)
        item = item_of(new, decision)
        assert await items.insert(item, collected(new, decision, source("a"), at))
        return item

    async def test_a_page_is_due_a_day_after_its_article_was_first_seen(
        self, items: ItemStore, looks: LookStore
    ) -> None:
        await self.put(items, "young", days_ago=0.9)
        assert await looks.claim_look(60) is None
        old = await self.put(items, "old")
        look = await looks.claim_look(60)
        assert look is not None
        assert (look.item, look.known) == (old, Looked())

    async def test_two_replicas_never_look_at_one_page_at_once(
        self, items: ItemStore, looks: LookStore
    ) -> None:
        for number in range(5):
            await self.put(items, f"article{number}")
        claimed = await asyncio.gather(*(looks.claim_look(60) for _ in range(12)))
        assert sorted(look.item.id for look in claimed if look is not None) == [
            f"article{n}" for n in range(5)
        ]

    async def test_a_look_that_is_never_finished_is_due_again_after_its_lease(
        self, items: ItemStore, looks: LookStore
    ) -> None:
        await self.put(items, "old")
        dead = await looks.claim_look(30)
        assert dead is not None
        assert await looks.claim_look(60) is None
        await self.let_pass(35)
        assert await looks.claim_look(60) is not None
        assert not await looks.finish_look(dead, Next(None, Looked()))

    async def test_what_a_look_found_is_remembered_until_the_next(
        self, items: ItemStore, looks: LookStore
    ) -> None:
        await self.put(items, "old")
        look = await looks.claim_look(60)
        assert look is not None
        found = Looked(misses=2, missed_at=NOW)
        assert await looks.finish_look(look, Next(timedelta(seconds=30), found))
        assert await looks.claim_look(60) is None
        await self.let_pass(35)
        again = await looks.claim_look(60)
        assert again is not None
        assert again.known == found
        assert await looks.finish_look(again, Next(None, Looked()))
        await self.let_pass(35)
        assert await looks.claim_look(60) is None

    async def test_what_left_its_feed_early_is_looked_at_first_and_noticed_once(
        self, items: ItemStore, looks: LookStore
    ) -> None:
        await self.put(items, "old")
        for name in ("shown", "vanished"):
            await self.put(items, name, days_ago=0.1)
        since = candidate().published
        assert since is not None
        before = since.at - timedelta(hours=1)
        assert await items.left_early("b", [], before) == 0
        assert await items.left_early("a", ["old", "shown"], since.at + timedelta(hours=1)) == 0
        assert await items.left_early("a", ["old", "shown"], before) == 1
        assert await items.left_early("a", ["old", "shown"], before) == 0
        look = await looks.claim_look(60)
        assert look is not None
        assert (look.item.id, look.known.left_early) == ("vanished", True)
        await items.note([Note("vanished", shown_at=NOW)])
        assert await items.left_early("a", ["old", "shown"], before) == 1

    async def test_nothing_is_looked_at_once_it_is_withdrawn(
        self, items: ItemStore, looks: LookStore
    ) -> None:
        item = await self.put(items, "old")
        gone = withdrawal_of(item, "owner")
        assert gone is not None
        assert await items.withdraw(gone, withdrawn(gone, "owner: a reason", NOW))
        assert await looks.claim_look(60) is None

    async def test_a_sibling_is_another_live_article_of_the_source_and_host(
        self, items: ItemStore, looks: LookStore
    ) -> None:
        item = await self.put(items, "old")
        assert await looks.sibling(item) is None
        other = await self.put(items, "other")
        assert await looks.sibling(item) == other
