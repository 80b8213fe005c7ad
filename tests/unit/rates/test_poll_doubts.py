"""Doubt from poll to poll: a jump is held until somebody else or the bank again says the same; witnesses move boards."""

from datetime import date

from rates.domain.fixings import Status
from rates.domain.sources import CBR, ECB, MARKET
from rates.ports import Outcome
from shared.contracts.rates import RateFixed, RateStale
from tests.suites import rates_documents as documents
from tests.suites import rates_further_documents as further
from tests.suites.rates_builders import CBU, NBK
from tests.suites.rates_rig import Rig

TUE, WED, THU, FRI = (date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3))


def status(rig: Rig, pair: str) -> Status:
    return rig.boards.boards[pair].line.status


async def settled(before: str, now: str) -> Rig:
    """Wednesday's table is known and Thursday's has come."""
    rig = Rig(WED)
    rig.latest(CBU, documents.cbu(THU, before))
    rig.archived(CBU, WED, documents.cbu(WED, before))
    await rig.poller.poll(CBU)
    rig.move_to(THU)
    rig.latest(CBU, documents.cbu(FRI, now))
    await rig.poller.poll(CBU)
    return rig


async def test_a_jump_is_held_until_a_fetch_half_an_hour_later_shows_it_again() -> None:
    """A reader sees the old number, marked, for half an hour, and then the devaluation with its percent."""
    rig = await settled("12142.10", "23350.00")
    assert (rig.shown(CBU), status(rig, "UZS/USD")) == ("UZS/USD = 0.00008 0%", Status.HELD)
    rig.clock.advance(29 * 60)
    assert (await rig.poller.poll(CBU)).outcome is Outcome.HELD
    rig.clock.advance(60)
    assert (await rig.poller.poll(CBU)).outcome is Outcome.FIXED
    assert (rig.shown(CBU), status(rig, "UZS/USD")) == ("UZS/USD = 0.00004 -48%", Status.OK)
    assert [type(event) for event in rig.events()] == [RateFixed, RateStale, RateFixed]
    assert rig.count("rates_doubts_total", bank="CBU", doubt="jump") == 1


async def test_a_jump_that_a_witness_sees_is_shown_when_the_witness_has_spoken() -> None:
    """The witness's poll alone brings the board up to date: the bank is not asked again for it."""
    rig = await settled("12142.10", "23350.00")
    rig.move_to(FRI)
    numbers = {"KGS": 87.45, "KZT": 475.1, "TJS": 9.3, "UZS": 23400.5}
    rig.latest(MARKET, further.market(FRI, numbers))
    await rig.poller.poll(MARKET)
    board = rig.boards.boards["UZS/USD"]
    assert (board.line.status, board.line.confirmed_by) == (Status.OK, ("MARKET",))
    last = rig.events()[-1]
    assert isinstance(last, RateFixed)
    assert (last.pair, last.confirmed_by) == ("UZS/USD", ["MARKET"])


async def test_a_table_a_hundred_times_too_high_is_held_however_often_it_is_shown() -> None:
    rig = await settled("12142.10", "1214210.00")
    rig.clock.advance(3600)
    await rig.poller.poll(CBU)
    assert (rig.shown(CBU), status(rig, "UZS/USD")) == ("UZS/USD = 0.00008 0%", Status.HELD)
    assert rig.count("rates_doubts_total", bank="CBU", doubt="nominal") == 1
    assert rig.count("rates_held", bank="CBU") == 1


async def test_a_correction_that_jumps_is_held_and_the_number_it_corrects_stays() -> None:
    rig = await settled("12142.10", "12150.00")
    rig.clock.advance(900)
    rig.latest(CBU, documents.cbu(FRI, "15150.00"))
    await rig.poller.poll(CBU)
    assert (rig.shown(CBU), status(rig, "UZS/USD")) == ("UZS/USD = 0.00008 -0.07%", Status.HELD)
    rig.latest(CBU, documents.cbu(FRI, "12150.00"))
    rig.clock.advance(900)
    await rig.poller.poll(CBU)
    assert (status(rig, "UZS/USD"), rig.boards.boards["UZS/USD"].line.fixing.revision) == (Status.OK, 3)


async def test_what_a_witness_says_can_make_a_number_unconfirmed_and_sure_again() -> None:
    rig = Rig(WED)
    rig.latest(NBK, documents.nbk_rss("02.04.2026", "475.09"))
    await rig.poller.poll(NBK)
    rig.move_to(THU)
    numbers = {"KGS": 87.45, "KZT": 455.0, "TJS": 9.3, "UZS": 12142.1}
    rig.latest(MARKET, further.market(THU, numbers))
    assert (await rig.poller.poll(MARKET)).outcome is Outcome.FIXED
    assert status(rig, "KZT/USD") is Status.UNCONFIRMED
    told = rig.events()[-1]
    assert isinstance(told, RateStale)
    assert told.status == "unconfirmed"
    rig.clock.advance(60)
    rig.latest(MARKET, further.market(THU, numbers | {"KZT": 475.0}))
    await rig.poller.poll(MARKET)
    assert status(rig, "KZT/USD") is Status.OK


async def test_the_further_pairs_have_their_changes_from_the_start() -> None:
    rig = Rig(WED)
    rig.latest(CBR, further.cbr(THU, "75,5273"))
    rig.archived(CBR, WED, further.cbr(WED, "75,0000"))
    rig.latest(ECB, further.ecb((WED, {"USD": "1.1831", "CNY": "7.3512"})))
    rig.archived(
        ECB,
        TUE,
        further.ecb((TUE, {"USD": "1.1752", "CNY": "7.3300"}), (WED, {"USD": "1.1831", "CNY": "7.3512"})),
    )
    assert (await rig.poller.poll(CBR)).outcome is Outcome.FIXED
    assert (await rig.poller.poll(ECB)).outcome is Outcome.FIXED
    shown = {pair: board.line.fixing for pair, board in rig.boards.boards.items()}
    assert {pair: f"{fixing.change_pct:.2f}" for pair, fixing in shown.items()} == {
        "RUB/USD": "-0.70",
        "EUR/USD": "0.67",
        "CNY/USD": "0.38",
    }
    assert shown["CNY/USD"].session_on == WED


async def test_a_witness_is_asked_for_no_past_and_its_failure_touches_no_line() -> None:
    rig = await settled("12142.10", "12150.00")
    before = dict(rig.boards.boards)
    rig.latest(MARKET, documents.HTML)
    assert (await rig.poller.poll(MARKET)).outcome is Outcome.REFUSED
    numbers = {"KGS": 87.45, "KZT": 475.1, "TJS": 9.3, "UZS": 12160.5}
    rig.latest(MARKET, further.market(FRI, numbers))
    asked = len(rig.banks.asked)
    assert (await rig.poller.poll(MARKET)).outcome is Outcome.UNCHANGED
    assert len(rig.banks.asked) == asked + 1
    assert rig.boards.boards == before
