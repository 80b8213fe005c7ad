"""What an operator may tell rates, and what is refused at the start with the key's name."""

from decimal import Decimal

import pytest

from rates.settings import Settings
from shared.settings import SettingsError, load


def test_by_default_the_banks_are_the_banks() -> None:
    assert Settings().addresses() == {
        "NBK": "https://nationalbank.kz",
        "NBKR": "https://www.nbkr.kg",
        "NBT": "https://www.nbt.tj",
        "CBU": "https://cbu.uz",
        "CBR": "https://www.cbr.ru",
        "ECB": "https://www.ecb.europa.eu",
    }


def test_a_source_that_is_off_is_not_asked_and_one_that_is_named_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turkmenistan's bank and the market answer not everybody; the ticker needs neither."""
    monkeypatch.setenv("RATES_CBR_URL", "off")
    monkeypatch.setenv("RATES_CBT_URL", "https://cbt.tm")
    monkeypatch.setenv("RATES_MARKET_URL", "https://open.er-api.com/")
    addresses = load(Settings).addresses()
    assert "CBR" not in addresses
    assert addresses["CBT"] == "https://cbt.tm"
    assert addresses["MARKET"] == "https://open.er-api.com"


def test_an_authority_of_the_ticker_cannot_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATES_NBK_URL", "off")
    with pytest.raises(SettingsError, match="RATES_NBK_URL"):
        load(Settings)


def test_an_address_replaces_scheme_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATES_NBK_URL", "http://127.0.0.1:8099/")
    assert load(Settings).addresses()["NBK"] == "http://127.0.0.1:8099"


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8099", "ftp://bank", "http://", "http://bank/rss", "http://bank?a=b"]
)
def test_an_address_with_a_path_or_without_a_scheme_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """The bank's own paths are kept; a path here would be dropped in silence."""
    monkeypatch.setenv("RATES_CBU_URL", address)
    with pytest.raises(SettingsError, match="RATES_CBU_URL") as caught:
        load(Settings)
    assert "Scheme, host and port" in str(caught.value)


@pytest.mark.parametrize("seconds", ["0", "86401", "often"])
def test_an_interval_out_of_bounds_is_refused_with_its_unit(
    monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    monkeypatch.setenv("RATES_POLL_INTERVAL_S", seconds)
    with pytest.raises(SettingsError, match="RATES_POLL_INTERVAL_S") as caught:
        load(Settings)
    assert "Seconds" in str(caught.value)
    assert "at least 0.1, at most 86400" in str(caught.value)


def test_a_band_may_be_widened_without_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real devaluation may leave any band that we think sane."""
    monkeypatch.setenv("RATES_BANDS", '{"KZT": ["200", "3000"]}')
    assert load(Settings).bands == {"KZT": (Decimal(200), Decimal(3000))}


@pytest.mark.parametrize("bands", ['{"KZT": ["1500", "200"]}', '{"KZT": ["0", "200"]}', '{"KZT": "200"}'])
def test_a_band_upside_down_is_refused(monkeypatch: pytest.MonkeyPatch, bands: str) -> None:
    monkeypatch.setenv("RATES_BANDS", bands)
    with pytest.raises(SettingsError, match="RATES_BANDS"):
        load(Settings)
