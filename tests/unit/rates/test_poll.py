"""One poll from the bank's bytes to the board and its event, and what a bank's bad day leaves untouched."""

from datetime import date

import pytest

from rates.domain.banks import Bank
from rates.domain.fixings import Status
from rates.ports import FetchFailedError, FetchReason, Outcome, PollReport
from shared.contracts.rates import RateFixed, RateStale
from tests.suites import rates_documents as documents
from tests.suites.rates_builders import BY_ID, CBU, NBK, NBKR, NBT
from tests.suites.rates_rig import Rig

TUE, WED, THU, FRI = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3))
SAT, SUN, MON = date(2026, 4, 4), date(2026, 4, 5), date(2026, 4, 6)


def stocked(today: date = WED) -> Rig:
    """All four banks, each with its newest table and the one before."""
    rig = Rig(today)
    rig.latest(NBK, documents.nbk_rss("02.04.2026", "475.09"))
    rig.archived(NBK, WED, documents.nbk(WED, "478.77"))
    rig.latest(NBKR, documents.nbkr(THU, "87,4500"))
    rig.archived(NBKR, WED, documents.nbkr_history((TUE, "87,4400"), (WED, "87,4500")))
    rig.latest(NBT, documents.nbt(WED, "9.3450"))
    rig.archived(NBT, TUE, documents.nbt(TUE, "9.3500"))
    rig.latest(CBU, documents.cbu(THU, "12142.10"))
    rig.archived(CBU, WED, documents.cbu(WED, "12194.21"))
    return rig


@pytest.mark.parametrize(
    ("bank", "text"),
    [
        (NBK, "KZT/USD = 0.00210 0.77%"),
        (NBKR, "KGS/USD = 0.01144 0%"),
        (NBT, "TJS/USD = 0.10701 0.05%"),
        (CBU, "UZS/USD = 0.00008 0.43%"),
    ],
    ids=lambda value: value.id if isinstance(value, Bank) else "",
)
async def test_on_an_empty_store_the_first_line_has_its_change(bank: Bank, text: str) -> None:
    rig = stocked()
    assert await rig.poller.poll(bank) == PollReport(Outcome.FIXED)
    assert rig.shown(bank) == text
    assert [type(event) for event in rig.events()] == [RateFixed]
    assert rig.announced == 1


async def test_a_fixing_is_told_in_full() -> None:
    rig = stocked()
    await rig.poller.poll(CBU)
    [event] = rig.events()
    assert isinstance(event, RateFixed)
    assert event.model_dump(mode="json") == {
        "pair": "UZS/USD",
        "seq": 1,
        "value": "0.00008235807644476655603231730920",
        "change_pct": "0.4291679363536785234844054982",
        "source": {
            "id": "CBU",
            "name": "Central Bank of the Republic of Uzbekistan",
            "url": "https://cbu.uz/",
        },
        "method": "inverse",
        "session_on": "2026-04-01",
        "label_on": "2026-04-02",
        "status": "ok",
        "revision": 1,
        "fixed_at": "2026-04-01T12:00:00Z",
        "rel_uncertainty": "0.0000004117903822238327801615865460",
        "confirmed_by": [],
    }


async def test_polling_again_says_nothing_and_asks_for_no_past() -> None:
    rig = stocked()
    await rig.poller.poll(CBU)
    asked = len(rig.banks.asked)
    for _ in range(3):
        assert await rig.poller.poll(CBU) == PollReport(Outcome.UNCHANGED)
    assert len(rig.events()) == 1
    assert len(rig.banks.asked) == asked + 3


async def test_the_som_moves_down_the_day_after() -> None:
    rig = stocked()
    await rig.poller.poll(CBU)
    rig.latest(CBU, documents.cbu(FRI, "12149.39"))
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 -0.06%"


async def test_a_table_re_stamped_for_the_weekend_keeps_the_line() -> None:
    """NBKR dates Friday's table Saturday, Sunday and Monday; Tuesday's is Monday's session, and is told."""
    rig = Rig(FRI)
    rig.archived(NBKR, FRI, documents.nbkr_history((FRI, "87,4500")))
    outcomes = []
    for today, label_on in ((FRI, SAT), (SAT, SUN), (SUN, MON), (MON, date(2026, 4, 7))):
        rig.move_to(today)
        rig.latest(NBKR, documents.nbkr(label_on, "87,4500"))
        outcomes.append((await rig.poller.poll(NBKR)).outcome)
    assert outcomes == [Outcome.FIXED, Outcome.UNCHANGED, Outcome.UNCHANGED, Outcome.FIXED]
    assert rig.shown(NBKR) == "KGS/USD = 0.01144 0%"
    assert [event.event_rev for event in rig.events()] == [1, 2]


async def test_a_bank_carrying_friday_through_the_weekend_keeps_the_line() -> None:
    """NBT answers a request for Sunday with Friday's numbers under Sunday's date."""
    rig = Rig(FRI)
    rig.archived(NBT, THU, documents.nbt(THU, "9.3500"))
    for today in (FRI, SAT, SUN):
        rig.move_to(today)
        rig.latest(NBT, documents.nbt(today, "9.3450"))
        await rig.poller.poll(NBT)
    assert len(rig.events()) == 1


@pytest.mark.parametrize("bank", BY_ID.values(), ids=BY_ID.keys())
@pytest.mark.parametrize(
    ("answer", "report"),
    [
        (documents.HTML, (Outcome.REFUSED, "html")),
        (b"", (Outcome.REFUSED, "empty")),
        (b"\x00\x01\x02", (Outcome.REFUSED, "malformed")),
        (FetchFailedError(FetchReason.HTTP_STATUS, "status 404"), (Outcome.FAILED, "http_status")),
        (FetchFailedError(FetchReason.TOO_LARGE, "more than 2097152 bytes"), (Outcome.FAILED, "too_large")),
        (FetchFailedError(FetchReason.TIMEOUT, "no whole answer in 15 s"), (Outcome.FAILED, "timeout")),
    ],
    ids=["html", "empty", "garbage", "404", "endless", "silent"],
)
async def test_a_banks_bad_day_leaves_its_line_and_all_others(
    bank: Bank, answer: bytes | FetchFailedError, report: tuple[Outcome, str]
) -> None:
    rig = stocked()
    for other in BY_ID.values():
        await rig.poller.poll(other)
    before = dict(rig.boards.boards)
    for ask in bank.latest(WED):
        rig.banks.put(bank.id, ask.path, answer)
    ended = await rig.poller.poll(bank)
    assert (ended.outcome, ended.reason) == report
    assert rig.boards.boards == before
    assert rig.count("rates_answers_total", bank=bank.id, reason=report[1]) >= 1
    assert rig.count("rates_polls_total", bank=bank.id, outcome=report[0]) == 1


async def test_a_bank_is_asked_its_other_way_when_the_first_is_of_no_use() -> None:
    rig = Rig(THU)
    rig.latest(NBK, documents.HTML)
    rig.archived(NBK, THU, documents.nbk(THU, "475.09"))
    rig.archived(NBK, WED, documents.nbk(WED, "478.77"))
    assert (await rig.poller.poll(NBK)).outcome is Outcome.FIXED
    assert rig.shown(NBK) == "KZT/USD = 0.00210 0.77%"


async def test_an_empty_array_is_a_day_off_and_takes_nothing_away() -> None:
    rig = stocked()
    await rig.poller.poll(CBU)
    rig.latest(CBU, documents.CBU_NO_DATA)
    assert (await rig.poller.poll(CBU)).outcome is Outcome.NO_DATA
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"
    assert rig.count("rates_answers_total", bank="CBU", reason="no_data") == 0


async def test_another_day_than_asked_for_is_no_answer() -> None:
    """NBT gives today's table for a date that it does not know; stored under that date it would be wrong for ever."""
    rig = stocked()
    rig.archived(NBT, TUE, documents.nbt(WED, "9.3450"))
    await rig.poller.poll(NBT)
    assert rig.shown(NBT) == "TJS/USD = 0.10701"
    assert rig.count("rates_answers_total", bank="NBT", reason="other_date") == 1
    rig.archived(NBT, TUE, documents.nbt(TUE, "9.3500"))
    await rig.poller.poll(NBT)
    assert rig.shown(NBT) == "TJS/USD = 0.10701 0.05%"


async def test_the_session_before_is_looked_for_across_a_holiday() -> None:
    """CBU has nothing for Wednesday: its table before Thursday's is labelled Tuesday."""
    rig = stocked()
    rig.archived(CBU, WED, documents.CBU_NO_DATA)
    rig.archived(CBU, TUE, documents.cbu(TUE, "12194.21"))
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"


async def test_a_bank_without_any_past_is_asked_for_it_once() -> None:
    rig = stocked()
    for day in range(20, 32):
        rig.archived(CBU, date(2026, 3, day), documents.CBU_NO_DATA)
    rig.archived(CBU, WED, documents.CBU_NO_DATA)
    await rig.poller.poll(CBU)
    asked = len(rig.banks.asked)
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008"
    assert (asked, len(rig.banks.asked)) == (6, 7)


async def test_after_a_week_away_the_change_is_against_the_session_before() -> None:
    rig = stocked()
    await rig.poller.poll(CBU)
    rig.move_to(date(2026, 4, 9))
    rig.latest(CBU, documents.cbu(date(2026, 4, 10), "12100.00"))
    rig.archived(CBU, date(2026, 4, 9), documents.cbu(date(2026, 4, 9), "12088.00"))
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 -0.1%"


async def test_an_archive_corrects_nothing() -> None:
    rig = stocked()
    await rig.poller.poll(CBU)
    rig.archived(CBU, WED, documents.cbu(WED, "11111.11"))
    again = Rig(WED, beside=rig)
    await again.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"


async def test_a_correction_is_revision_two_and_keeps_the_session_before() -> None:
    rig = stocked()
    await rig.poller.poll(NBK)
    rig.clock.advance(900)
    rig.latest(NBK, documents.nbk_rss("02.04.2026", "474.09"))
    await rig.poller.poll(NBK)
    first, second = rig.events()
    assert isinstance(first, RateFixed)
    assert isinstance(second, RateFixed)
    assert (first.revision, first.seq, second.revision, second.seq) == (1, 1, 2, 2)
    assert rig.shown(NBK) == "KZT/USD = 0.00211 0.99%"


async def test_a_number_too_strange_is_held_and_told_as_a_doubt() -> None:
    rig = stocked()
    await rig.poller.poll(NBK)
    rig.move_to(THU)
    rig.latest(NBK, documents.nbk_rss("03.04.2026", "4.7509"))
    assert (await rig.poller.poll(NBK)).outcome is Outcome.HELD
    assert rig.shown(NBK) == "KZT/USD = 0.00210 0.77%"
    assert rig.boards.boards["KZT/USD"].line.status is Status.HELD
    doubt = rig.events()[-1]
    assert isinstance(doubt, RateStale)
    assert (doubt.seq, doubt.status) == (2, "held")
    assert "4.7509 KZT per 1 USD" in doubt.reason
    assert rig.count("rates_held", bank="NBK") == 1
    assert (await rig.poller.poll(NBK)).outcome is Outcome.HELD
    assert len(rig.events()) == 2


async def test_a_first_number_too_strange_is_not_shown_at_all() -> None:
    rig = Rig(THU)
    rig.latest(CBU, documents.cbu(FRI, "0.0000824"))
    assert (await rig.poller.poll(CBU)).outcome is Outcome.HELD
    assert rig.shown(CBU) is None
    assert rig.events() == []


async def test_what_a_dead_replica_stored_but_did_not_publish_is_published_by_the_next_poll() -> None:
    rig = stocked()
    await rig.poller.poll(CBU)
    rig.boards.boards.clear()
    rig.boards.events.clear()
    rig.latest(CBU, documents.HTML)
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"
    assert len(rig.events()) == 1
