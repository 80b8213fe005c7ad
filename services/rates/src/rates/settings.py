"""What an operator can tell rates; common settings are in shared."""

from decimal import Decimal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from shared.settings import ServiceSettings, service_config

_ADDRESS = r"^https?://[^/?#\s]+/?$"
_OFF = "off"
_ADDRESS_OR_OFF = r"^(https?://[^/?#\s]+/?|off)$"


def _address(default: str, bank: str) -> str:
    address: str = Field(
        default=default,
        pattern=_ADDRESS,
        description=f"Scheme, host and port of {bank}; its paths are kept, so no path may stand here.",
    )
    return address


def _optional(default: str, source: str) -> str:
    address: str = Field(
        default=default,
        pattern=_ADDRESS_OR_OFF,
        description=f"Scheme, host and port of {source}; its paths are kept. `off`: it is not asked.",
    )
    return address


class Settings(ServiceSettings):
    """Keys start with `RATES_`."""

    model_config = service_config("RATES_")

    port: int = Field(
        default=8002, ge=1, le=65435, description="TCP port of the API; health and metrics are on port + 100."
    )
    mongodb_database: str = Field(
        default="silkwire_rates",
        pattern=r"^[A-Za-z0-9_-]{1,60}$",
        description="MongoDB database that belongs to this service alone.",
    )
    nbk_url: str = _address("https://nationalbank.kz", "the National Bank of Kazakhstan")
    nbkr_url: str = _address("https://www.nbkr.kg", "the National Bank of the Kyrgyz Republic")
    nbt_url: str = _address("https://www.nbt.tj", "the National Bank of Tajikistan")
    cbu_url: str = _address("https://cbu.uz", "the Central Bank of Uzbekistan")
    cbr_url: str = _optional("https://www.cbr.ru", "the Bank of Russia")
    ecb_url: str = _optional("https://www.ecb.europa.eu", "the European Central Bank")
    cbt_url: str = _optional(_OFF, "the Central Bank of Turkmenistan, such as https://cbt.tm")
    market_url: str = _optional(_OFF, "a witness of market rates, such as https://open.er-api.com")
    poll_interval_s: float = Field(
        default=900,
        ge=0.1,
        le=86400,
        description="Seconds between two polls of one bank, at most; a third of it for three hours from its usual "
        "time on its working days.",
    )
    lease_s: float = Field(
        default=20,
        ge=1,
        le=600,
        description="Seconds for which one replica holds a bank, renewed while it polls; one that died gives it up after "
        "that.",
    )
    backfill_pace_s: float = Field(
        default=1.0,
        ge=0,
        le=3600,
        description="Seconds between two requests of a backfill to one bank's archive.",
    )
    admin_token: str = Field(
        default="",
        pattern=r"^$|^[\x21-\x7e]{16,200}$",
        description="Bearer token of the administration, at least 16 characters; empty turns the administration off.",
        json_schema_extra={"secret": True},
    )
    fetch_timeout_s: float = Field(
        default=15, gt=0, le=60, description="Seconds within which one answer of a bank must have come whole."
    )
    fetch_max_bytes: int = Field(
        default=2 * 1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="Largest answer taken, in bytes."
    )
    user_agent: str = Field(
        default="Silkwire/0.1 (official exchange rates; a few requests an hour)",
        min_length=1,
        max_length=200,
        description="How we introduce ourselves to banks.",
    )
    bands: dict[str, tuple[Decimal, Decimal]] = Field(
        default={},
        description='Believed numbers per US dollar, as JSON: {"KZT": ["200", "1500"]}. Others are held, not shown. '
        "Built in: KGS 40-200, KZT 200-1500, TJS 5-20, UZS 5000-30000, TMT 3.4-3.6, RUB 20-300, EUR 0.5-1.5, CNY 4-12.",
    )

    @field_validator("bands")
    @classmethod
    def _bands_are_ordered(
        cls, bands: dict[str, tuple[Decimal, Decimal]]
    ) -> dict[str, tuple[Decimal, Decimal]]:
        wrong = [code for code, (low, high) in bands.items() if not 0 < low < high]
        if wrong:
            raise ValueError(f"low must be positive and below high: {', '.join(wrong)}")
        return bands

    def addresses(self) -> dict[str, str]:
        """Return scheme, host and port of each source that is asked, by its id."""
        urls = {
            "NBK": self.nbk_url,
            "NBKR": self.nbkr_url,
            "NBT": self.nbt_url,
            "CBU": self.cbu_url,
            "CBR": self.cbr_url,
            "ECB": self.ecb_url,
            "CBT": self.cbt_url,
            "MARKET": self.market_url,
        }
        return {
            bank_id: "{0.scheme}://{0.netloc}".format(urlsplit(url))
            for bank_id, url in urls.items()
            if url != _OFF
        }
