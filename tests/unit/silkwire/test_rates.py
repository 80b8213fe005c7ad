"""`silkwire rates`: how numbers, plots and progress are written."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from shared.contracts.http.rate_backfills import RateBackfill
from silkwire.errors import StartError
from silkwire.rates.client import find
from silkwire.rates.plot import plot
from silkwire.rates.words import backfill_line, short

NBK = RateBackfill(
    bank="NBK", pair="KZT/USD", first_on=date(2015, 1, 1), last_on=date(2026, 3, 31), state="running",
    started_at=datetime(2026, 4, 2, tzinfo=UTC), requests=1204, stored=1189, sessions_left=1730, empty=14, left_out=1,
    detail="html: an HTML page in place of rates",
)  # fmt: skip


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ("0.00008235807644476655603231730920", "0.00008235808"),
        ("0.01143510577472841623784962836", "0.01143511"),
        ("87.4500", "87.4500"),
        ("138.9295597484276729559748428", "138.9296"),
        ("12194.21", "12194.21"),
        ("123456789.5", "123456790"),
    ],
)
def test_a_table_shows_seven_digits_and_never_an_exponent(exact: str, shown: str) -> None:
    """No digit before the point is ever cut off, however many there are."""
    assert short(exact) == shown


def test_a_plot_fits_its_terminal_and_names_its_axes() -> None:
    points = [(date(2015, 1, 1) + timedelta(days=day), f"0.0{119 - day % 30}") for day in range(900)]
    for columns in (80, 200, 10):
        lines = plot("KGS/USD", points, columns=columns).splitlines()
        assert "KGS/USD" in lines[0]
        assert "2015-01-01" in lines[-1]
        assert len(lines) < 24
        if columns == 80:
            assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("value", ["0.00008", "87.4500", "12142.10"])
def test_a_single_fixing_or_one_that_never_moves_can_be_plotted(value: str) -> None:
    day = date(2026, 4, 1)
    assert "2026-04-0" in plot("KGS/USD", [(day, value)], columns=80)
    assert value[:5] in plot("KGS/USD", [(day, value), (day + timedelta(days=1), value)], columns=80)


@pytest.mark.parametrize("apart", [1, 2, 4, 60])
def test_no_day_is_named_twice_below_a_plot(apart: int) -> None:
    """Two sessions have two days, and a screen has room for six."""
    day = date(2026, 4, 1)
    lines = plot("KGS/USD", [(day, "87.45"), (day + timedelta(days=apart), "87.46")], columns=120)
    named = re.findall(r"\d{4}-\d\d-\d\d", lines.splitlines()[-1])
    assert named[0] == f"{day}"
    assert len(named) == len(set(named))


def test_how_far_a_bank_has_come_stands_in_one_line() -> None:
    assert backfill_line(NBK, left_s=1750) == (
        "NBK  2015-01-01 to 2026-03-31 running: 1189 sessions fetched, 1730 to go, 14 days without, 1 left out; "
        "1204 requests, about 0:29:10 more (html: an HTML page in place of rates)"
    )


def test_a_rates_service_that_nobody_names_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="No system of this machine"):
        find(None, tmp_path, {})
    with pytest.raises(StartError, match="token"):
        find("http://127.0.0.1:8002", None, {})
    (tmp_path / "token").write_text("a-secret\n")
    found = find("http://127.0.0.1:8002/", None, {"RATES_ADMIN_TOKEN_FILE": str(tmp_path / "token")})
    assert (found.url, found.token) == ("http://127.0.0.1:8002", "a-secret")
