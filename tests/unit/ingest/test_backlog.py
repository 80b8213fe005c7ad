"""When the outbox is too full to poll, and when there is room again."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from ingest.domain.rhythm.backlog import BacklogLimit
from ingest.metrics import Metrics
from ingest.pipeline.backlog import Backlog
from tests.suites.bus_suite import withdrawn
from tests.suites.ingest_fakes import MemoryItemStore

LIMIT = BacklogLimit(100)


@given(st.integers(0, 200), st.booleans())
def test_at_the_limit_it_is_always_full_and_at_nine_tenths_never(waiting: int, was_full: bool) -> None:
    full = LIMIT.full(waiting, was_full)
    if waiting >= 100:
        assert full
    elif waiting <= 90:
        assert not full
    else:
        assert full == was_full


async def test_while_the_store_is_away_the_last_look_counts() -> None:
    """Polling pauses for the lost store anyway; a full outbox must not seem empty for it."""
    items = MemoryItemStore()
    items.pending["a"] = [withdrawn("a", rev) for rev in range(1, 4)]
    backlog = Backlog(items, BacklogLimit(3), Metrics(CollectorRegistry()), every_s=60)
    assert backlog.hold() is None
    await backlog._look()
    assert backlog.hold() == "outbox_full"
    items.down = True
    await backlog._look()
    assert backlog.hold() == "outbox_full"
    items.down = False
    items.pending.clear()
    await backlog._look()
    assert backlog.hold() is None
