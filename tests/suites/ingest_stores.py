"""What any store of sources and of items must do, in memory or on MongoDB."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.domain.articles.decide import Decision, StoredItem, decide
from ingest.domain.articles.keys import Key
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.page_state import PageState
from ingest.domain.dates.clock_bias import SourceClock
from ingest.domain.dates.reading import ReadDate
from ingest.domain.fetching.outcomes import Reason, Validators
from ingest.domain.rhythm.learning import Arrivals
from ingest.domain.rhythm.moves import Move
from ingest.domain.rhythm.retirement import Absence
from ingest.domain.rhythm.schedule import Rhythm
from ingest.domain.sources.source import Source
from ingest.pipeline.events import collected, item_of
from ingest.ports import Claim, Finish, ItemStore, Note, OutboxFullError, SourceStore
from tests.suites.ingest_fakes import MAX_PENDING

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)


def source(name: str = "a", /, **changes: object) -> Source:
    """Return a source, with some of its fields changed."""
    plain = Source(
        id=name, url=f"https://{name}.kg/rss", name=name.upper(), outlet=f"{name}.kg", country="KG"
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name the fields


def candidate(**changes: object) -> Candidate:
    """Return a candidate article, with some of its fields changed."""
    plain = Candidate(
        id="article1", keys=(Key("url", "article1"),), source_id="a", outlet="a.kg", url="https://a.kg/1", title="Title",
        text="Text", html="<p>Text</p>", summary="", authors=("A. Author",), topics=("politics",), image=None,
        language="en", published=ReadDate(datetime(2026, 9, 22, 4, tzinfo=UTC), "exact"), updated=None,
        printed="2026-09-22T10:00:00+06:00", cut=False,
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]  # tests name the fields


async def claimed(store: SourceStore, owner: str = "one", lease_s: float = 60) -> Claim:
    """Claim a source that must be due."""
    claim = await store.claim_due(owner, lease_s)
    assert claim is not None
    return claim


class SourceStoreSuite(ABC):
    """Behaviours of a store of sources; an implementation's test class gives `sources` and `let_pass`."""

    @abstractmethod
    async def let_pass(self, seconds: float) -> None:
        """Make the store's clock pass some seconds."""

    async def test_what_was_observed_of_a_sources_clock_is_remembered(self, sources: SourceStore) -> None:
        """Five polls tell what one cannot."""
        await sources.seed([source("a")])
        clock = SourceClock((21_000, 20_000))
        assert await sources.finish(await claimed(sources), Finish(60, clock=clock))
        assert (await sources.all())[0][1].clock == clock

    async def test_an_empty_store_is_seeded_once(self, sources: SourceStore) -> None:
        assert await sources.seed([source("a"), source("b")]) == 2
        assert await sources.seed([source("c")]) == 0
        assert [one.id for one, _ in await sources.all()] == ["a", "b"]

    async def test_sources_that_are_passed_over_are_not_claimed(self, sources: SourceStore) -> None:
        await sources.seed([source("a"), source("b")])
        claim = await sources.claim_due("one", 60, ["a"])
        assert claim is not None
        assert claim.source.id == "b"
        assert await sources.claim_due("one", 60, ["a"]) is None

    async def test_a_source_comes_back_with_all_its_fields(self, sources: SourceStore) -> None:
        whole = source("a", language="ky", rights="full", interval_s=300.0, link="https://a.kg/")
        await sources.seed([whole])
        assert (await claimed(sources)).source == whole

    async def test_two_replicas_never_hold_one_source_at_once(self, sources: SourceStore) -> None:
        await sources.seed([source(name) for name in "abcdefgh"])
        claims = await asyncio.gather(*(sources.claim_due(f"replica-{number}", 60) for number in range(20)))
        held = [claim.source.id for claim in claims if claim is not None]
        assert sorted(held) == list("abcdefgh")

    async def test_a_finished_source_is_due_again_after_its_delay(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        claim = await claimed(sources)
        assert await sources.finish(claim, Finish(30))
        assert await sources.claim_due("two", 60) is None
        await self.let_pass(35)
        assert (await claimed(sources, "two")).epoch == claim.epoch + 1

    async def test_a_dead_replicas_source_is_taken_over_when_its_lease_ends(
        self, sources: SourceStore
    ) -> None:
        await sources.seed([source("a")])
        dead = await claimed(sources, "dead", 30)
        assert await sources.claim_due("heir", 60) is None
        await self.let_pass(35)
        heir = await claimed(sources, "heir")
        assert not await sources.finish(dead, Finish(10, validators=Validators("stale")))
        assert await sources.finish(heir, Finish(0.0))
        assert (await claimed(sources)).state.validators == Validators()

    async def test_a_source_in_hand_is_held_for_as_long_as_its_lease_is_renewed(
        self, sources: SourceStore
    ) -> None:
        """A poll may take longer than a lease; nobody begins a second one beside it."""
        await sources.seed([source("a")])
        claim = await claimed(sources, "slow", 30)
        await sources.renew([claim], 60)
        await self.let_pass(35)
        assert await sources.claim_due("other", 60) is None
        assert await sources.finish(claim, Finish(0.0))

    async def test_what_was_taken_over_or_given_back_is_not_renewed(self, sources: SourceStore) -> None:
        """A replica that was away for a while holds nothing of what others have by now."""
        await sources.seed([source("a")])
        late = await claimed(sources, "late", 30)
        await self.let_pass(35)
        heir = await claimed(sources, "heir", 30)
        await sources.renew([late], 60)
        await sources.finish(heir, Finish(0.0))
        await sources.renew([heir], 60)
        assert (await claimed(sources, "next")).epoch == heir.epoch + 1

    async def test_a_released_source_is_due_at_once(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        await sources.release(await claimed(sources))
        assert (await claimed(sources, "two")).source.id == "a"

    async def test_validators_are_remembered_exactly_and_kept_over_a_failure(
        self, sources: SourceStore
    ) -> None:
        await sources.seed([source("a")])
        exact = Validators('W/"$abc.def"', "Tue, 22 Sep 2026 10:00:00 GMT", "f00")
        await sources.finish(await claimed(sources), Finish(0.0, validators=exact, whole=True))
        await sources.finish(await claimed(sources), Finish(0.0, failure=Reason.TIMEOUT))
        state = (await claimed(sources)).state
        assert state.validators == exact
        assert state.read_whole_at is not None

    async def test_failures_are_counted_until_a_success(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        for _ in range(2):
            await sources.finish(await claimed(sources), Finish(0.0, failure=Reason.NOT_FOUND))
        failing = await claimed(sources)
        assert (failing.state.failures, failing.state.last_failure) == (2, Reason.NOT_FOUND)
        assert failing.state.last_failure_at is not None
        assert failing.state.last_success_at is None
        await sources.finish(failing, Finish(0.0))
        healed = (await claimed(sources)).state
        assert (healed.failures, healed.last_failure) == (0, None)
        assert healed.last_success_at is not None

    async def test_what_was_learnt_of_a_source_is_kept_whole(self, sources: SourceStore) -> None:
        """Whoever takes the source over, or starts again, goes on where the last poll ended."""
        learnt = Rhythm(
            Arrivals(2.5, NOW),
            distrusted=True,
            move=Move("https://a.kg/$new", NOW, 3),
            absence=Absence(NOW, 2),
        )
        await sources.seed([source("a")])
        assert (await self.finished(sources, Finish(0.0, rhythm=learnt))).state.rhythm == learnt
        assert (await self.finished(sources, Finish(0.0))).state.rhythm == learnt
        assert (await self.finished(sources, Finish(0.0, rhythm=Rhythm()))).state.rhythm == Rhythm()

    async def test_a_source_that_moved_is_asked_at_its_new_address(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        moved = await self.finished(sources, Finish(0.0, url="https://new.kg/rss?$a"))
        assert moved.source == source("a", url="https://new.kg/rss?$a")

    async def test_a_retired_source_is_revived_by_hand(self, sources: SourceStore) -> None:
        """An operator who knows better."""
        retired = Rhythm(distrusted=True, absence=Absence(NOW, 20), retired_at=NOW)
        await sources.seed([source("a")])
        await sources.finish(await claimed(sources), Finish(1000, failure=Reason.GONE, rhythm=retired))
        assert await sources.claim_due("one", 60) is None
        assert await sources.revive("a")
        assert (await claimed(sources)).state.rhythm == Rhythm(distrusted=True)
        assert not await sources.revive("a")
        assert not await sources.revive("nobody")

    async def test_a_source_can_be_added_once(self, sources: SourceStore) -> None:
        """Two people may add the same one at the same moment."""
        assert await sources.add(source("a"))
        assert not await sources.add(source("a", name="Other"))
        found = await sources.get("a")
        assert found is not None
        assert found[0] == source("a")
        assert await sources.get("b") is None
        assert (await claimed(sources)).source.id == "a"

    async def test_a_source_gets_other_settings_and_keeps_how_it_does(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        await sources.finish(await claimed(sources), Finish(60, failure=Reason.DNS))
        assert await sources.change(source("a"), source("a", name="New", rights="full"))
        (found, state), *_ = await sources.all()
        assert (found.name, found.rights, state.failures) == ("New", "full", 1)
        assert await sources.claim_due("one", 60) is None

    async def test_of_two_changes_at_once_the_second_is_refused(self, sources: SourceStore) -> None:
        """Else one person's change would undo another's unseen."""
        await sources.seed([source("a")])
        assert await sources.change(source("a"), source("a", name="New"))
        assert not await sources.change(source("a"), source("a", rights="full"))

    async def test_at_a_new_address_nothing_of_the_old_one_counts(self, sources: SourceStore) -> None:
        """An ETag of the old address could keep the new one's first feed away."""
        await sources.seed([source("a")])
        old = await claimed(sources)
        moved = source("a", url="https://b.kg/feed")
        assert await sources.change(source("a"), moved)
        assert not await sources.finish(old, Finish(600, validators=Validators('"old"')))
        claim = await claimed(sources)
        assert (claim.source, claim.state.validators) == (moved, Validators())

    async def test_a_paused_source_is_not_polled_until_it_goes_on(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        paused = source("a", paused=True)
        assert await sources.change(source("a"), paused)
        assert await sources.claim_due("one", 60) is None
        assert await sources.change(paused, source("a"))
        assert (await claimed(sources)).source.id == "a"

    async def test_a_removed_source_is_gone_even_while_it_is_polled(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        claim = await claimed(sources)
        assert await sources.remove("a")
        assert not await sources.finish(claim, Finish(60))
        assert await sources.all() == []
        assert not await sources.remove("a")

    async def test_a_source_can_be_polled_now(self, sources: SourceStore) -> None:
        await sources.seed([source("a")])
        await sources.finish(await claimed(sources), Finish(600))
        assert await sources.poll_now("a")
        assert (await claimed(sources)).source.id == "a"
        assert not await sources.poll_now("b")

    async def finished(self, sources: SourceStore, finish: Finish) -> Claim:
        """Claim a source, finish it so, and claim it again."""
        await sources.finish(await claimed(sources), finish)
        again = await claimed(sources)
        await sources.release(again)
        return again

    async def test_only_sources_that_there_are_are_known(self, sources: SourceStore) -> None:
        await sources.seed([source("a"), source("b")])
        assert await sources.known(["a", "gone"]) == {"a"}

    async def test_the_source_that_waits_longest_comes_first(self, sources: SourceStore) -> None:
        await sources.seed([source("a"), source("b")])
        first = await claimed(sources)
        await sources.finish(first, Finish(0.0))
        assert (await claimed(sources)).source.id != first.source.id


class ItemStoreSuite:
    """Behaviours of a store of items; an implementation's test class gives `items`."""

    def decided(self, stored: StoredItem | None, new: Candidate) -> Decision:
        return decide(stored, new, NOW)

    async def put(self, items: ItemStore, stored: StoredItem | None, new: Candidate) -> bool:
        decision = self.decided(stored, new)
        event = collected(new, decision, source("a"), NOW)
        write = items.insert if stored is None else items.replace
        return await write(item_of(new, decision), event)

    async def known(self, items: ItemStore) -> StoredItem:
        (item,) = await items.known_by(["article1"])
        return item

    async def test_a_new_article_is_stored_with_its_facts(self, items: ItemStore) -> None:
        assert await self.put(items, None, candidate())
        known = await self.known(items)
        assert known == item_of(candidate(), self.decided(None, candidate()))

    async def test_unknown_articles_are_absent(self, items: ItemStore) -> None:
        assert await items.known_by(["nobody"]) == []
        assert await items.known_by([]) == []

    async def test_the_second_insert_of_an_article_is_refused(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        assert not await self.put(items, None, candidate(title="Another"))
        assert (await self.known(items)).rev == 1

    async def test_a_revision_replaces_the_one_before_it(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        assert await self.put(items, await self.known(items), candidate(title="Edited"))
        known = await self.known(items)
        assert known.rev == 2
        assert self.decided(known, candidate(title="Edited")).verdict == "same"

    async def test_only_one_of_two_rivals_makes_the_next_revision(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        known = await self.known(items)
        won = await asyncio.gather(*(self.put(items, known, candidate(title=f"By {n}")) for n in range(8)))
        assert sum(won) == 1
        assert (await self.known(items)).rev == 2

    async def test_only_one_of_two_rivals_inserts(self, items: ItemStore) -> None:
        won = await asyncio.gather(*(self.put(items, None, candidate(title=f"By {n}")) for n in range(8)))
        assert sum(won) == 1

    async def test_what_became_of_a_page_is_remembered_without_a_revision(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        page = PageState("feed", tries=2, settled=False, in_use=True)
        await items.note([Note("article1", page=page)])
        known = await self.known(items)
        assert (known.rev, known.page) == (1, page)
        await items.note([Note("article1")])
        assert (await self.known(items)).page == page
        assert await items.waiting(1000) == 1

    async def test_a_full_outbox_refuses_further_revisions(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        for number in range(2, MAX_PENDING + 1):
            assert await self.put(items, await self.known(items), candidate(title=f"Edit {number}"))
        with pytest.raises(OutboxFullError):
            await self.put(items, await self.known(items), candidate(title="One too many"))
        assert (await self.known(items)).rev == MAX_PENDING

    async def test_articles_are_counted_by_source(self, items: ItemStore) -> None:
        await self.put(items, None, candidate())
        await self.put(items, None, candidate(id="article2", keys=(), source_id="b"))
        assert await items.counts() == {"a": 1, "b": 1}

    async def test_waiting_events_are_counted_an_articles_revisions_each(self, items: ItemStore) -> None:
        assert await items.waiting(1000) == 0
        await self.put(items, None, candidate())
        await self.put(items, await self.known(items), candidate(title="Edited"))
        await self.put(items, None, candidate(id="article2"))
        assert await items.waiting(1000) == 3
