"""Tables of days off: a re-stamp keeps the line, and a bank that worked although no calendar knows is believed."""

from datetime import date, timedelta

from rates.ports import Outcome
from shared.contracts.rates import RateFixed
from tests.suites import rates_documents as documents
from tests.suites.rates_builders import CBU, NBK
from tests.suites.rates_rig import Rig

THU, FRI, SAT, SUN, MON = (date(2026, 3, day) for day in (19, 20, 21, 22, 23))
DAY = timedelta(days=1)


async def test_a_table_re_stamped_through_nowruz_keeps_the_line() -> None:
    """Kazakhstan rested from Saturday 21 to Wednesday 25 March 2026; five labels, one fixing, and no 0%."""
    rig = Rig(FRI)
    rig.archived(NBK, FRI, documents.nbk(FRI, "478.77"))
    outcomes = []
    for offset in range(6):
        rig.move_to(FRI + offset * DAY)
        rig.latest(NBK, documents.nbk_rss(f"{FRI + (offset + 1) * DAY:%d.%m.%Y}", "475.09"))
        outcomes.append((await rig.poller.poll(NBK)).outcome)
    assert outcomes == [Outcome.FIXED, *[Outcome.UNCHANGED] * 5]
    assert rig.shown(NBK) == "KZT/USD = 0.00210 0.77%"
    rig.move_to(date(2026, 3, 26))
    rig.latest(NBK, documents.nbk_rss("27.03.2026", "475.09"))
    assert (await rig.poller.poll(NBK)).outcome is Outcome.FIXED
    assert rig.shown(NBK) == "KZT/USD = 0.00210 0%"


async def test_a_table_that_moved_on_a_supposed_holiday_is_a_fixing_of_that_day() -> None:
    """A decree of last week made Saturday a working day; its table, dated Sunday, is all new."""
    rig = Rig(FRI)
    rig.latest(CBU, documents.cbu(SAT, "12142.10"))
    rig.archived(CBU, THU, documents.cbu(THU, "12194.21"))
    await rig.poller.poll(CBU)
    rig.move_to(SAT)
    rig.latest(CBU, documents.cbu(SUN, "12149.39", rub="150.10"))
    assert (await rig.poller.poll(CBU)).outcome is Outcome.FIXED
    event = rig.events()[-1]
    assert isinstance(event, RateFixed)
    assert (event.session_on, event.revision) == (SAT, 1)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 -0.06%"


async def test_after_a_saturday_worked_monday_repeats_it() -> None:
    rig = Rig(FRI)
    rig.archived(NBK, FRI, documents.nbk(FRI, "478.77"))
    rig.latest(NBK, documents.nbk(SAT, "475.09"))
    await rig.poller.poll(NBK)
    for day, label_on in ((SAT, SUN), (SUN, MON)):
        rig.move_to(day)
        rig.latest(NBK, documents.nbk(label_on, "470.00").replace(b"3.91", b"3.92"))
        await rig.poller.poll(NBK)
    assert [event.event_rev for event in rig.events()] == [1, 2]
    assert rig.shown(NBK) == "KZT/USD = 0.00213 1.08%"
