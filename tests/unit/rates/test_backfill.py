"""Backfills on fakes: what is asked of each archive, in which order, and what is made of odd answers."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rates.domain.archives import ARCHIVES, labels
from rates.domain.backfill import GIVE_UP_AFTER, Job, rest_s
from rates.domain.tables import Table
from rates.ports import FetchFailedError, FetchReason
from shared.testing.clock import FixedClock
from tests.suites import rates_documents as documents
from tests.suites.rates_backfills import BackfillRig, BackfillStoreSuite, MemoryBackfillStore
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, observation

MON, TUE, WED, THU, FRI = (date(2026, 3, 9) + timedelta(days=day) for day in range(5))
SAT, NEXT_MON, NEXT_TUE = FRI + timedelta(days=1), FRI + timedelta(days=3), FRI + timedelta(days=4)
NOW = datetime(2026, 4, 2, 11, 0, tzinfo=UTC)


class TestMemoryBackfillStore(BackfillStoreSuite):
    @pytest.fixture
    def jobs(self) -> MemoryBackfillStore:
        return MemoryBackfillStore(FixedClock(NOW))


@pytest.fixture
def rig() -> BackfillRig:
    return BackfillRig(NOW)


async def test_a_bank_by_date_is_asked_for_each_session_once_by_its_first_label(rig: BackfillRig) -> None:
    """NBK answers for Saturday and Sunday too; Friday's table is asked for once, by Saturday."""
    for label, number in [(FRI, "478.77"), (SAT, "475.09"), (NEXT_TUE, "476.00")]:
        rig.by_date(NBK, label, documents.nbk(label, number))
    job = await rig.run(NBK, THU, NEXT_MON)
    assert (job.state, job.requests, job.stored, job.empty) == ("done", 3, 3, frozenset())
    assert rig.sessions() == [(THU, "478.77"), (FRI, "475.09"), (NEXT_MON, "476.00")]


async def test_what_is_stored_is_not_asked_for_and_a_working_day_without_a_table_once_by_each_job(
    rig: BackfillRig,
) -> None:
    """A day may be missing because a page was cut short; what is missing for ever is missed by somebody."""
    rig.kept.kept = [observation(CBU, THU, "12100.00")]
    rig.by_date(CBU, NEXT_MON, documents.CBU_NO_DATA)
    rig.by_date(CBU, NEXT_TUE, documents.cbu(NEXT_TUE, "12142.10"))
    job = await rig.run(CBU, THU, NEXT_MON)
    assert (job.state, job.requests, job.stored, job.empty) == ("done", 2, 1, frozenset({FRI}))
    again = await rig.run(CBU, THU, NEXT_MON)
    assert (again.state, again.requests, again.empty) == ("done", 1, frozenset({FRI}))
    rig.by_date(CBU, NEXT_MON, documents.cbu(NEXT_MON, "12130.00"))
    at_last = await rig.run(CBU, THU, NEXT_MON)
    assert (at_last.stored, at_last.empty) == (1, frozenset())


async def test_a_bank_that_worked_through_holidays_keeps_its_sessions(rig: BackfillRig) -> None:
    """The calendar takes 1 to 9 May 2025 for free; all tables of these days were once put into 30 April."""
    may = [date(2025, 5, day) for day in range(1, 15)]
    numbers = ["87,1000"] * 7 + ["87,2000", "87,3000"] + ["87,4000"] * 3 + ["87,5000", "87,6000"]
    rows = [(date(2025, 4, 30), "87,0000"), *zip(may, numbers, strict=True)]
    rig.by_range(NBKR, date(2025, 4, 30), may[-1], documents.nbkr_history(*rows))
    job = await rig.run(NBKR, date(2025, 4, 29), may[12])
    assert rig.sessions() == [
        (date(2025, 4, 29), "87.0000"),
        (date(2025, 4, 30), "87.1000"),
        (may[6], "87.2000"),
        (may[7], "87.3000"),
        (may[8], "87.4000"),
        (may[11], "87.5000"),
        (may[12], "87.6000"),
    ]
    assert (job.stored, job.empty) == (7, frozenset(may[day] for day in (0, 1, 4, 5)))
    assert (await rig.run(NBKR, date(2025, 4, 29), may[12])).requests == 0


async def test_one_day_worked_in_the_middle_of_holidays_is_found_by_date_too(rig: BackfillRig) -> None:
    """Nowruz of 2026 is free from Monday to Wednesday; here the bank of Kazakhstan fixed a rate on Tuesday."""
    friday, mon, tue, wed, thu = (date(2026, 3, day) for day in (20, 23, 24, 25, 26))
    for label, number, uzs in [
        (friday + timedelta(days=1), "475.09", b"3.91"),
        (tue, "475.09", b"3.91"),
        (wed, "478.00", b"3.92"),
        (thu, "478.00", b"3.92"),
        (thu + timedelta(days=1), "479.00", b"3.93"),
    ]:
        rig.by_date(NBK, label, documents.nbk(label, number).replace(b"3.91", uzs))
    job = await rig.run(NBK, friday, thu)
    assert rig.sessions() == [(friday, "475.09"), (tue, "478.00"), (thu, "479.00")]
    assert (job.requests, job.stored, job.empty) == (5, 3, frozenset({mon, wed}))


@pytest.mark.parametrize("worked", [False, True])
async def test_mondays_holiday_is_one_only_where_the_bank_shows_it(rig: BackfillRig, worked: bool) -> None:
    """CBU dates Friday's table Monday where Monday is worked, else Tuesday."""
    thu, fri, mon, tue, wed = (date(2026, 3, day) for day in (5, 6, 9, 10, 11))
    rig.by_date(CBU, fri, documents.cbu(fri, "12100.00", rub="150.00"))
    rig.by_date(CBU, wed, documents.cbu(wed, "12400.00", rub="153.00"))
    if worked:
        rig.by_date(CBU, mon, documents.cbu(mon, "12200.00", rub="151.00"))
        rig.by_date(CBU, tue, documents.cbu(tue, "12300.00", rub="152.00"))
    else:
        rig.by_date(CBU, mon, documents.CBU_NO_DATA)
        rig.by_date(CBU, tue, documents.cbu(tue, "12200.00", rub="151.00"))
    job = await rig.run(CBU, thu, tue)
    expected = [(thu, "12100.00"), (fri, "12200.00"), (mon, "12300.00"), (tue, "12400.00")]
    assert rig.sessions() == [item for item in expected if worked or item[0] != mon]
    assert job.empty == (frozenset() if worked else {mon})
    assert (await rig.run(CBU, thu, tue)).requests == 0


async def test_an_empty_page_is_no_year_without_sessions(rig: BackfillRig) -> None:
    """One such answer of NBT's once wiped out 245 sessions for good."""
    labelled = list(labels(NBT, ARCHIVES["NBT"], THU, NEXT_MON).values())
    rig.by_range(NBT, labelled[0], labelled[-1], b'<?xml version="1.0"?><ValCurs ID="840"></ValCurs>')
    job = await rig.run(NBT, THU, NEXT_MON)
    assert (job.state, job.requests, job.left_out, job.empty) == ("done", 2, 3, frozenset())
    assert job.detail.startswith("no_rows: nothing from 2026-03-13 to 2026-03-17, which has ")
    rows = [(day, f"9.3{day:%d}") for day in labelled]
    rig.by_range(NBT, labelled[0], labelled[-1], documents.nbt_range(*rows))
    assert (await rig.run(NBT, THU, NEXT_MON)).stored == 3


async def test_a_range_without_a_working_day_may_be_empty(rig: BackfillRig) -> None:
    """Nowruz in Dushanbe: Monday and Tuesday are free, and NBT has nothing for them."""
    rig.kept.kept = [observation(NBT, date(2026, 3, 19), "9.3450")]
    rig.by_range(NBT, date(2026, 3, 23), date(2026, 3, 23), documents.nbt_range())
    job = await rig.run(NBT, date(2026, 3, 20), date(2026, 3, 20))
    assert (job.state, job.left_out, job.empty) == ("done", 0, frozenset({date(2026, 3, 20)}))


async def test_an_archive_corrects_nothing(rig: BackfillRig) -> None:
    """What the bank said on the day stays what it said; here the archive has other numbers for what is known."""
    rig.kept.kept = [observation(NBKR, FRI, "87.4500")]
    rows = [(FRI, "87,4000"), (SAT, "99,9999"), (NEXT_TUE, "87,4600")]
    rig.by_range(NBKR, FRI, NEXT_TUE, documents.nbkr_history(*rows))
    await rig.run(NBKR, THU, NEXT_MON)
    assert rig.sessions() == [(THU, "87.4000"), (FRI, "87.4500"), (NEXT_MON, "87.4600")]


async def test_a_page_that_repeats_fridays_table_for_the_weekend_gives_one_session(rig: BackfillRig) -> None:
    weekend = [(SAT + timedelta(days=day), "87,4500") for day in range(3)]
    rows = [(FRI, "87,4000"), *weekend, (NEXT_TUE, "87,4600")]
    rig.by_range(NBKR, FRI, NEXT_TUE, documents.nbkr_history(*rows))
    await rig.run(NBKR, THU, NEXT_MON)
    assert rig.sessions() == [(THU, "87.4000"), (FRI, "87.4500"), (NEXT_MON, "87.4600")]
    assert rig.kept.kept[1].label_on == SAT


async def test_a_page_that_leaves_the_weekend_out_gives_fridays_session_by_mondays_date(
    rig: BackfillRig,
) -> None:
    rig.by_range(NBKR, FRI, NEXT_TUE, documents.nbkr_history((FRI, "87,4000"), (NEXT_MON, "87,4500")))
    job = await rig.run(NBKR, THU, NEXT_MON)
    assert rig.sessions() == [(THU, "87.4000"), (FRI, "87.4500")]
    assert job.empty == {NEXT_MON}


async def test_nbkrs_page_is_asked_for_a_year_at_a_time(rig: BackfillRig) -> None:
    """It takes some 366 rows a request, and drops whoever opens many connections."""
    job = await rig.run(NBKR, date(2024, 1, 1), date(2025, 12, 31))
    assert job.state == "failed"
    [path] = {path for _bank, path in rig.banks.asked}
    ask = ARCHIVES["NBKR"].ask(date(2024, 1, 2), date(2024, 12, 14))
    assert path == ask.path
    assert (ask.last_on - ask.first_on).days < 366


async def test_nbts_range_is_windows_1251_with_dotted_dates(rig: BackfillRig) -> None:
    """Its documents by date are UTF-8 with ISO dates."""
    rows = [(FRI, "9.3450"), (SAT, "9.3450"), (NEXT_MON, "9.3500")]
    rig.by_range(NBT, FRI, NEXT_MON, documents.nbt_range(*rows))
    job = await rig.run(NBT, THU, FRI)
    assert (job.state, job.requests) == ("done", 1)
    assert rig.sessions() == [(THU, "9.3450"), (FRI, "9.3500")]


async def test_todays_table_in_place_of_the_past_is_refused(rig: BackfillRig) -> None:
    """NBT answers so for years that it does not have."""
    rig.by_range(NBT, FRI, NEXT_MON, documents.nbt_range((date(2026, 4, 2), "9.3450")))
    job = await rig.run(NBT, THU, FRI)
    assert (job.state, job.left_out, rig.sessions()) == ("done", 2, [])
    assert job.detail == "other_date: asked for 2026-03-13 to 2026-03-16, answered 2026-04-02"


def test_cbu_fixed_once_a_week_before_february_2021() -> None:
    """Its table of 14 July 2020 is a Tuesday's; daily tables begin on 15 February 2021."""
    weekly = labels(CBU, ARCHIVES["CBU"], date(2020, 7, 6), date(2020, 7, 19))
    assert list(weekly.values()) == [date(2020, 7, 7), date(2020, 7, 14)]
    change = labels(CBU, ARCHIVES["CBU"], date(2021, 2, 5), date(2021, 2, 16))
    assert list(change.values()) == [date(2021, 2, day) for day in (9, 15, 16, 17)]


def test_nothing_is_asked_for_before_an_archive_begins() -> None:
    found = labels(NBT, ARCHIVES["NBT"], date(1990, 1, 1), date(2001, 1, 3))
    assert list(found.values()) == [date(2001, 1, day) for day in (1, 2, 3, 4)]


async def test_a_document_that_cannot_be_believed_is_tried_twice_and_left_out(rig: BackfillRig) -> None:
    """One bad day of an archive must not keep the years after it away."""
    rig.by_date(NBK, FRI, documents.HTML)
    rig.by_date(NBK, SAT, documents.nbk(SAT, "475.09"))
    job = await rig.run(NBK, THU, FRI)
    assert (job.state, job.requests, job.left_out, job.stored) == ("done", 3, 1, 1)
    assert rig.sessions() == [(FRI, "475.09")]


async def test_a_document_that_we_stumble_over_is_tried_twice_and_left_out(
    rig: BackfillRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours made the same request for ever, and nobody was told."""

    def stumble(tables: tuple[Table, ...], *_about: object) -> None:
        if any(table.label_on == FRI for table in tables):
            raise ZeroDivisionError

    monkeypatch.setattr("rates.pipeline.backfill.check_range", stumble)
    for label, number in ((FRI, "478.77"), (SAT, "475.09")):
        rig.by_date(NBK, label, documents.nbk(label, number))
    job = await rig.run(NBK, THU, FRI)
    assert (job.state, job.requests, job.left_out, job.detail) == ("done", 3, 1, "crashed: ZeroDivisionError")
    assert rig.sessions() == [(FRI, "475.09")]


async def test_a_bank_that_does_not_answer_is_waited_for_and_at_last_given_up(rig: BackfillRig) -> None:
    rig.by_date(NBK, FRI, FetchFailedError(FetchReason.TIMEOUT, "no whole answer in 15 s"))
    job = await rig.run(NBK, THU, FRI)
    assert (job.state, job.requests, job.reached_on) == ("failed", GIVE_UP_AFTER, None)
    assert job.detail == "timeout: no whole answer in 15 s"
    for label in (FRI, SAT):
        rig.by_date(NBK, label, documents.nbk(label, "475.09"))
    again = await rig.run(NBK, THU, FRI)
    assert (again.state, again.stored, again.failures) == ("done", 2, 0)


def test_the_more_often_a_bank_fails_the_longer_it_is_left_alone() -> None:
    job = Job("NBK", THU, FRI, NOW)
    rests = [rest_s(replace(job, failures=failures), 0.5) for failures in (0, 1, 2, 3, 20)]
    assert rests == [0.5, 1, 2, 4, 300]


async def test_the_youngest_sessions_are_left_to_the_polls(rig: BackfillRig) -> None:
    """A table that is late would be taken for a holiday."""
    job = await rig.backfiller.begin(NBK, THU, None)
    assert job.last_on == date(2026, 3, 31)
    assert (await rig.backfiller.begin(NBK, THU, date(2027, 1, 1))).last_on == date(2026, 3, 31)
