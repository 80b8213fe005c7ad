"""From polls to `late` and `stale`: told once, with a reason, and taken back when the bank is back."""

from datetime import UTC, date, datetime, timedelta

from rates.domain.banks import Bank
from rates.domain.fixings import Status
from rates.domain.sources import CBR
from rates.pipeline.ask import Read
from rates.ports import FetchFailedError, FetchReason, Outcome
from shared.contracts.rates import RateFixed, RateStale
from tests.suites import rates_documents as documents
from tests.suites import rates_further_documents as further
from tests.suites.rates_builders import CBU, NBKR, NBT, PLAN_OF
from tests.suites.rates_rig import Rig

WED, THU, FRI = date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3)
SAT, SUN, MON, TUE = (date(2026, 4, day) for day in (4, 5, 6, 7))
UNREACHABLE = FetchFailedError(FetchReason.UNREACHABLE, "no route")


def put_clock(rig: Rig, day: date, hour_utc: int) -> None:
    """Set the clock to an hour of a day."""
    now = datetime(day.year, day.month, day.day, hour_utc, tzinfo=UTC)
    rig.clock.advance((now - rig.clock.now()).total_seconds())


def standing(rig: Rig, bank: Bank) -> Status:
    return rig.boards.boards[str(bank.pair)].line.status


async def fixed_on_wednesday() -> Rig:
    rig = Rig(WED)
    rig.latest(CBU, documents.cbu(THU, "12142.10"))
    rig.archived(CBU, WED, documents.cbu(WED, "12194.21"))
    await rig.poller.poll(CBU)
    return rig


async def test_a_bank_that_cannot_be_reached_is_late_then_stale_and_each_is_told_once() -> None:
    """Who reads the ticker on Friday evening must see that its UZS is Wednesday's."""
    rig = await fixed_on_wednesday()
    rig.latest(CBU, UNREACHABLE)
    seen = []
    for day in (THU, FRI):
        for hour in range(24):
            put_clock(rig, day, hour)
            await rig.poller.poll(CBU)
            seen.append(standing(rig, CBU))
    assert [seen.index(Status.LATE), seen.index(Status.STALE)] == [14, 24 + 14]
    late, stale = rig.events()[1:]
    assert isinstance(late, RateStale)
    assert isinstance(stale, RateStale)
    assert [(late.seq, late.status), (stale.seq, stale.status)] == [(2, "late"), (3, "stale")]
    assert late.reason.startswith("nothing newer than the session of 2026-04-01")
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"
    assert rig.count("rates_stale", bank="CBU") == 1
    assert rig.count("rates_missed_sessions", bank="CBU") == 2
    assert rig.count("rates_board_changes_total", bank="CBU", why="late") == 1


async def test_a_stale_pair_is_well_again_with_its_banks_next_table() -> None:
    rig = await fixed_on_wednesday()
    put_clock(rig, FRI, 14)
    assert (await rig.poller.poll(CBU)).outcome is Outcome.UNCHANGED
    assert standing(rig, CBU) is Status.STALE
    rig.latest(CBU, documents.cbu(MON, "12149.39"))
    rig.archived(CBU, FRI, documents.cbu(FRI, "12142.10"))
    assert (await rig.poller.poll(CBU)).outcome is Outcome.FIXED
    assert standing(rig, CBU) is Status.OK
    assert rig.boards.boards["UZS/USD"].line.note is None
    cured = rig.events()[-1]
    assert isinstance(cured, RateFixed)
    assert (cured.seq, cured.status) == (3, "ok")
    assert rig.count("rates_stale", bank="CBU") == 0
    assert rig.count("rates_missed_sessions", bank="CBU") == 0


async def test_a_first_table_that_is_a_week_old_is_shown_as_stale_at_once() -> None:
    rig = Rig(THU)
    rig.latest(CBU, documents.cbu(date(2026, 3, 26), "12142.10"))
    await rig.poller.poll(CBU)
    [event] = rig.events()
    assert isinstance(event, RateFixed)
    assert event.status == "stale"


async def test_a_replica_whose_clock_is_behind_does_not_take_a_delay_back() -> None:
    """Two replicas half a minute apart would else tell "late" and "ok" in turn."""
    rig = await fixed_on_wednesday()
    put_clock(rig, THU, 14)
    await rig.poller.poll(CBU)
    behind = Rig(THU, beside=rig)
    put_clock(behind, THU, 13)
    await behind.poller.poll(CBU)
    assert standing(rig, CBU) is Status.LATE
    assert len(rig.events()) == 2


async def follow_som(rig: Rig, labels: list[date], *, rub: list[str]) -> list[Status]:
    """NBKR's afternoons, whose USD is always 87,4500; every other row is RUB."""
    seen = []
    for label_on, number in zip(labels, rub, strict=True):
        rig.move_to(label_on - timedelta(days=1))
        rig.latest(NBKR, documents.nbkr(label_on, "87,4500", rub=number))
        await rig.poller.poll(NBKR)
        seen.append(standing(rig, NBKR))
    return seen


WEEK = [THU, FRI, SAT, TUE, date(2026, 4, 8), date(2026, 4, 9)]


async def test_a_som_that_does_not_move_for_weeks_is_well_while_the_rouble_moves() -> None:
    """KGS was 87.4500 in captures of May and of September: no trade, no new rate, and no fault."""
    rig = Rig(WED)
    seen = await follow_som(rig, WEEK, rub=["1,2263", "1,2270", "1,2259", "1,2264", "1,2271", "1,2280"])
    assert seen == [Status.OK] * len(WEEK)
    assert rig.shown(NBKR) == "KGS/USD = 0.01144 0%"


async def test_a_server_that_repeats_its_whole_table_for_three_sessions_is_stale_until_it_moves() -> None:
    rig = Rig(WED)
    seen = await follow_som(rig, WEEK, rub=["1,2263", "1,2270", "1,2270", "1,2270", "1,2270", "1,2280"])
    assert seen == [Status.OK, Status.OK, Status.OK, Status.STALE, Status.STALE, Status.OK]
    assert rig.shown(NBKR) == "KGS/USD = 0.01144 0%"
    stale = [event for event in rig.events() if event.model_dump()["status"] == "stale"]
    assert [event.model_dump()["change_pct"] for event in stale] == [None, None]
    assert rig.boards.boards["KGS/USD"].line.note is None


async def test_a_page_of_the_past_with_one_currency_does_not_look_frozen() -> None:
    """NBKR's archive gives the dollar alone, and the dollar may rest."""
    rig = Rig(FRI)
    for day in (WED, THU, FRI):
        rig.archived(NBKR, day, documents.nbkr_history((day, "87,4500")))
        answer = await rig.asker.archived(NBKR, day)
        assert isinstance(answer, Read)
        await rig.recorder.record(NBKR, answer, may_correct=False)
    line, _change = await rig.publisher.publish(PLAN_OF["KGS"])
    assert line is not None
    assert line.status is not Status.STALE


async def test_the_age_of_a_number_is_that_of_the_bank_whose_it_is() -> None:
    """Where the Bank of Russia stands in for NBT, Tajikistan's calendar says nothing of the number's age."""
    rig = Rig(WED)
    rig.latest(NBT, documents.nbt(THU, "9.3288"))
    await rig.poller.poll(NBT)
    days = [
        day for day in (WED + timedelta(days=offset) for offset in range(8)) if day.weekday() < SAT.weekday()
    ]
    for place, day in enumerate(days):
        rig.move_to(day)
        usd, tjs = f"80,{place}000", ("TJS", "10", f"85,{place}000")
        rig.latest(CBR, further.cbr(day + timedelta(days=1), usd, tjs))
        await rig.poller.poll(CBR)
        rig.latest(NBT, UNREACHABLE)
        await rig.poller.poll(NBT)
    assert standing(rig, NBT) is Status.UNCONFIRMED
    assert rig.count("rates_missed_sessions", bank="NBT") == 2
    rig.latest(CBR, UNREACHABLE)
    rig.move_to(days[-1] + timedelta(days=5))
    rig.latest(NBT, UNREACHABLE)
    await rig.poller.poll(NBT)
    assert standing(rig, NBT) is Status.STALE
    assert "this is CBR's number; nothing newer" in (rig.boards.boards["TJS/USD"].line.note or "")


async def test_a_declared_peg_has_no_age() -> None:
    rig = Rig(WED)
    rig.latest(CBU, documents.cbu(THU, "12142.10", documents.cbu_row("TMT", THU, "3469.17")))
    await rig.poller.poll(CBU)
    rig.move_to(date(2026, 5, 4))
    await rig.publisher.publish(PLAN_OF["TMT"])
    board = rig.boards.boards["TMT/USD"]
    assert (board.seq, board.line.status) == (1, Status.OK)
