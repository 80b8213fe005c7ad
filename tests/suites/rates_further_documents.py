"""Bytes as the further sources send them, for days that a test chooses; the shapes are those of recorded answers."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

CBR_NAMES = {
    "USD": "Доллар США",
    "EUR": "Евро",
    "KGS": "Сомов",
    "UZS": "Узбекских сумов",
    "IRR": "Иранских риалов",
}


def cbr(day: date, usd: str, *more: tuple[str, str, str]) -> bytes:
    """Bank of Russia's daily table: real windows-1251 bytes, decimal comma, `more` as code, nominal, value."""
    rows = "".join(_cbr_row(*row) for row in (("USD", "1", usd), *more))
    return (
        f'<?xml version="1.0" encoding="windows-1251"?><ValCurs Date="{day:%d.%m.%Y}" name="Foreign Currency Market">'
        f"{rows}</ValCurs>"
    ).encode("cp1251")


def _cbr_row(code: str, nominal: str, value: str) -> str:
    return (
        f'<Valute ID="R01235"><NumCode>840</NumCode><CharCode>{code}</CharCode><Nominal>{nominal}</Nominal>'
        f"<Name>{CBR_NAMES.get(code, 'Валюта')}</Name><Value>{value}</Value><VunitRate>5,39256E-05</VunitRate></Valute>"
    )


CBR_ERROR = (
    b'<?xml version="1.0" encoding="windows-1251" ?>\n<ValCurs>\n    Error in parameters\n</ValCurs>\n'
)


def ecb(*days: tuple[date, Mapping[str, str]]) -> bytes:
    """European Central Bank's envelope of some days, each with so many units per euro."""
    cubes = "".join(
        f"<Cube time='{day:%Y-%m-%d}'>"
        + "".join(f"<Cube currency='{code}' rate='{rate}'/>" for code, rate in rates.items())
        + "</Cube>"
        for day, rates in days
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
        ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
        "<gesmes:subject>Reference rates</gesmes:subject><gesmes:Sender><gesmes:name>European Central Bank</gesmes:name>"
        f"</gesmes:Sender><Cube>{cubes}</Cube></gesmes:Envelope>"
    ).encode()


def cbt(printed: str, rates: Mapping[str, str], *, manat: str = "3.5") -> bytes:
    """Central Bank of Turkmenistan's file, its date as printed; `rates` are units per dollar but for the inverted four."""
    rows = "".join(
        f'\r\n\t<rate code="{code}"><name>ÖZBEK</name><rate_usd>{rate}</rate_usd><multiplier>1000</multiplier>'
        "<rate_tmt>0.2913</rate_tmt><checksum>a5a610c5</checksum></rate>"
        for code, rate in rates.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<cbt_currency_rate name="CBT Currency XML">'
        f'<date>{printed}</date><rate code="USD"><name>DOLLARY</name><rate_usd>1</rate_usd><multiplier>1</multiplier>'
        f"<rate_tmt>{manat}</rate_tmt><checksum>dc7504</checksum></rate>{rows}</cbt_currency_rate>"
    ).encode()


def market(day: date, numbers: Mapping[str, float], **changes: object) -> bytes:
    """The aggregator's answer, updated two minutes after midnight UTC; `changes` replace or add its fields."""
    updated = int(datetime(day.year, day.month, day.day, 0, 2, tzinfo=UTC).timestamp())
    said: dict[str, object] = {
        "result": "success",
        "time_last_update_unix": updated,
        "time_eol_unix": 0,
        "base_code": "USD",
        "rates": {"USD": 1, **numbers},
    }
    return json.dumps(said | changes).encode()
