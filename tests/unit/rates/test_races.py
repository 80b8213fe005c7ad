"""Replicas that race and documents out of order: one fixing per session, and the same board in the end."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.banks import Bank
from rates.domain.board import Board
from rates.domain.tables import Table
from rates.pipeline.ask import Read
from rates.pipeline.record import News
from rates.ports import BoardBusyError, PollReport, StoreUnavailableError
from tests.suites import rates_documents as documents
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, PLAN_OF
from tests.suites.rates_rig import Rig, afternoon

START = date(2026, 3, 30)
WED, THU, FRI = date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3)


def document(bank: Bank, label_on: date, number: str) -> bytes:
    return {
        "NBK": lambda: documents.nbk(label_on, number),
        "NBKR": lambda: documents.nbkr(label_on, number.replace(".", ",")),
        "NBT": lambda: documents.nbt(label_on, number),
        "CBU": lambda: documents.cbu(label_on, number),
    }[bank.id]()


async def keep(rig: Rig, bank: Bank, label_on: date, number: str) -> None:
    """Record one document, and publish nothing yet."""
    payload = document(bank, label_on, number)
    table = bank.latest(WED)[0].parse(payload)
    assert isinstance(table, Table)
    await rig.recorder.record(bank, Read(table, payload, afternoon(label_on)), may_correct=True)


async def hear(rig: Rig, bank: Bank, label_on: date, number: str) -> None:
    """Record and publish one document, whenever it comes."""
    await keep(rig, bank, label_on, number)
    await rig.publisher.publish(PLAN_OF[bank.money])


async def test_many_replicas_polling_at_once_make_one_fixing() -> None:
    first = Rig(WED)
    first.latest(CBU, documents.cbu(THU, "12142.10"))
    first.archived(CBU, WED, documents.cbu(WED, "12194.21"))
    replicas = [first, *(Rig(WED, beside=first) for _ in range(4))]
    await asyncio.gather(*(replica.poller.poll(CBU) for replica in replicas))
    assert len(first.events()) == 1
    assert first.shown(CBU) == "UZS/USD = 0.00008 0.43%"


async def test_the_poll_of_another_bank_says_nothing_of_a_pair_whose_own_bank_is_half_recorded() -> None:
    """The National Bank of Kyrgyzstan prints the tenge too: its poll must not show yesterday's tenge meanwhile."""
    rig = Rig(WED)
    rig.latest(NBK, documents.nbk_rss("02.04.2026", "475.09"))
    rig.archived(NBK, WED, documents.nbk(WED, "478.77"))
    rig.latest(NBKR, documents.nbkr(THU, "87,4500"))
    rig.archived(NBKR, WED, documents.nbkr_history((WED, "87,4500")))
    record, others = rig.recorder.record, list[asyncio.Task[PollReport]]()

    async def slowly(bank: Bank, read: Read, *, may_correct: bool) -> News:
        news = await record(bank, read, may_correct=may_correct)
        if bank is NBK and not may_correct:
            others.append(asyncio.create_task(rig.poller.poll(NBKR)))
            for _ in range(100):
                await asyncio.sleep(0)
        return news

    rig.recorder.record = slowly  # type: ignore[method-assign]
    await rig.poller.poll(NBK)
    await asyncio.gather(*others)
    assert rig.shown(NBK) == "KZT/USD = 0.00210 0.77%"
    assert sorted((event.event_subject, event.event_rev) for event in rig.events()) == [
        ("KGS/USD", 1),
        ("KZT/USD", 1),
    ]


async def test_a_session_before_that_could_not_be_kept_is_asked_for_again() -> None:
    rig = Rig(WED)
    rig.latest(CBU, documents.cbu(THU, "12142.10"))
    rig.archived(CBU, WED, documents.cbu(WED, "12194.21"))
    record = rig.recorder.record

    async def away(*_: object, **__: object) -> News:
        raise StoreUnavailableError

    rig.recorder.record = away  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailableError):
        await rig.poller.poll(CBU)
    rig.recorder.record = record  # type: ignore[method-assign]
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"


async def test_a_replica_that_is_overtaken_decides_again() -> None:
    """Between its reading and its writing another replica published a newer session: the board must not go back."""
    slow = Rig(THU)
    await hear(slow, CBU, WED, "12194.21")
    quick = Rig(THU, beside=slow)
    await keep(slow, CBU, THU, "12142.10")

    async def overtake() -> None:
        slow.boards.before_change = None
        await hear(quick, CBU, FRI, "12149.39")

    slow.boards.before_change = overtake
    await slow.publisher.publish(PLAN_OF["UZS"])
    assert slow.shown(CBU) == "UZS/USD = 0.00008 -0.06%"
    assert [event.event_rev for event in slow.events()] == [1, 2]
    assert slow.count("rates_board_conflicts_total", bank="CBU") == 1


async def test_a_replica_that_never_gets_through_gives_up_for_now() -> None:
    """The next poll decides anew; a bank's poll must not turn in circles."""
    rig = Rig(THU)
    await hear(rig, CBU, WED, "12194.21")
    await keep(rig, CBU, THU, "12142.10")

    async def overtake() -> None:
        board = rig.boards.boards["UZS/USD"]
        rig.boards.boards["UZS/USD"] = replace(board, seq=board.seq + 1)

    rig.boards.before_change = overtake
    with pytest.raises(BoardBusyError):
        await rig.publisher.publish(PLAN_OF["UZS"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[Bank, list[tuple[date, str]]]:
    """A bank's tables of some working days, each at least once, in any order."""
    bank = draw(st.sampled_from([NBK, NBKR, NBT, CBU]))
    offsets = draw(st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True))
    days = [
        day for day in (START + timedelta(days=offset) for offset in offsets) if bank.calendar.works_on(day)
    ]
    low, high = int(bank.band.low), int(bank.band.high)
    numbers = [f"{draw(st.decimals(low, high, places=2))}" for _day in days]
    said = list(zip(days, numbers, strict=True))
    repeats = draw(st.lists(st.sampled_from(said), max_size=3)) if said else []
    return bank, draw(st.permutations(said + repeats))


@settings(max_examples=60, deadline=None)
@given(tables())
async def test_documents_in_any_order_end_in_the_same_board(
    said: tuple[Bank, list[tuple[date, str]]],
) -> None:
    bank, came = said
    assert await final(bank, came) == await final(bank, sorted(set(came)))


async def final(bank: Bank, came: list[tuple[date, str]]) -> object:
    """What a reader sees in the end: all of the board but how many events it took."""
    rig = Rig(FRI)
    for label_on, number in came:
        await hear(rig, bank, label_on, number)
    board: Board | None = rig.boards.boards.get(str(bank.pair))
    return None if board is None else board.line
