"""Bytes as the four banks send them, for days that a test chooses; the shapes are those of recorded answers."""

import json
from datetime import date


def nbk(day: date, usd: str, *, more: str = "") -> bytes:
    """NBK's table by date: Russian names in UTF-8, decimal point, UZS per 100."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rates><generator>Alternate RSS Builder</generator><date>{day:%d.%m.%Y}</date>
<item><fullname>ДОЛЛАР США</fullname><title>USD</title><description>{usd}</description><quant>1</quant>
<index>DOWN</index><change>-3.68</change></item>
<item><fullname>УЗБЕКСКИХ СУМОВ</fullname><title>UZS</title><description>3.91</description><quant>100</quant>
<index>DOWN</index><change>-0.02</change></item>{more}</rates>""".encode()


def nbk_rss(day: str, usd: str, *, uzs: str = "3.91", more: str = "") -> bytes:
    """NBK's latest table as RSS, each row with a date of its own."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Official exchange rates</title>
<item><title>USD</title><pubDate>{day}</pubDate><description>{usd}</description><quant>1</quant><index></index>
<change>0.00</change><link /></item>
<item><title>UZS</title><pubDate>{day}</pubDate><description>{uzs}</description><quant>100</quant><index></index>
<change>0.00</change><link /></item>{more}</channel></rss>""".encode()


def nbk_row(code: str, day: str, value: str) -> str:
    """One more row of NBK's RSS."""
    return f"<item><title>{code}</title><pubDate>{day}</pubDate><description>{value}</description><quant>1</quant></item>"


NBK_NO_DATA = "<rates><date>01.01.2027</date><info>на указанную дату информации нет</info></rates>".encode()


def nbkr(day: date, usd: str, *, rub: str = "1,2263") -> bytes:
    """NBKR's daily.xml: declares windows-1251, decimal comma."""
    return f"""<?xml version="1.0" encoding="windows-1251" ?>
<CurrencyRates Name="Daily Exchange Rates" Date="{day:%d.%m.%Y}">
<Currency ISOCode="USD"><Nominal>1</Nominal><Value>{usd}</Value></Currency>
<Currency ISOCode="RUB"><Nominal>1</Nominal><Value>{rub}</Value></Currency>
</CurrencyRates>""".encode("cp1251")


def nbkr_weekly(day: date) -> bytes:
    """NBKR's weekly.xml: an element more between nominal and value, and a currency dead since 2016."""
    return f"""<?xml version="1.0" encoding="windows-1251" ?>
<CurrencyRates Name="Weekly Exchange Rates" Date="{day:%d.%m.%Y}">
<Currency ISOCode="TJS"><Nominal>1</Nominal><ValidFor>7</ValidFor><Value>9,4148</Value></Currency>
<Currency ISOCode="UZS"><Nominal>1</Nominal><ValidFor>7</ValidFor><Value>0,0073</Value></Currency>
<Currency ISOCode="BYR"><Nominal>100</Nominal><ValidFor>7</ValidFor><Value>0,3402</Value></Currency>
</CurrencyRates>""".encode("cp1251")


def nbkr_history(*rows: tuple[date, str]) -> bytes:
    """NBKR's page of the past of the dollar, newest first."""
    cells = "".join(
        f"<tr><td><!--date-->{day:%d.%m.%Y}<!--date--></td><td><!--value-->{value}<!--value--></td></tr>"
        for day, value in sorted(rows, reverse=True)
    )
    return f"<html><body><table>{cells}</table></body></html>".encode()


def nbt(day: date, usd: str, *, rub: str = "0.1277") -> bytes:
    """NBT's table by date: ISO date, decimal point, RUB under the number of a rouble gone since 1998."""
    return f"""<?xml version="1.0" encoding="utf-8" ?>
<ValCurs Date="{day:%Y-%m-%d}" name="Foreign Currency Market">
<Valute ID="840"><CharCode>USD</CharCode><Nominal>1</Nominal><Name>US Dollar</Name><Value>{usd}</Value></Valute>
<Valute ID="810"><CharCode>RUB</CharCode><Nominal>1</Nominal><Name>Russian Ruble</Name><Value>{rub}</Value></Valute>
<Valute ID="36"><CharCode>AUD</CharCode><Nominal>1</Nominal><Name>Australian Dollar</Name><Value>6.1</Value></Valute>
<Valute ID="860"><CharCode>UZS</CharCode><Nominal>100</Nominal><Name>Uzbekistan Sum</Name><Value>0.0780</Value></Valute>
</ValCurs>""".encode()


def nbt_range(*rows: tuple[date, str], code: str = "USD") -> bytes:
    """NBT's range of one currency: windows-1251 and dotted dates, where its tables by date have UTF-8 and ISO dates."""
    records = "".join(
        f'<Record Date="{day:%d.%m.%Y}" ID="840"><CharCode>{code}</CharCode><Nominal>1</Nominal>'
        f"<Name>Доллар США</Name><Value>{value}</Value></Record>"
        for day, value in rows
    )
    head = '<?xml version="1.0" encoding="windows-1251"?><ValCurs name="Динамика курса валюты">'
    return f"{head}{records}</ValCurs>".encode("cp1251")


def cbu_row(code: str, day: date, rate: object, nominal: object = "1") -> dict[str, object]:
    """One object of CBU's array."""
    return {
        "id": 69,
        "Code": "050" if code == "BDT" else "840",
        "Ccy": code,
        "CcyNm_RU": "Доллар США",
        "CcyNm_EN": "US Dollar",
        "Nominal": nominal,
        "Rate": rate,
        "Diff": "-16.5",
        "Date": f"{day:%d.%m.%Y}",
    }


def cbu(day: date, usd: str, *more: dict[str, object], rub: str = "149.97") -> bytes:
    """CBU's array: every number a string."""
    return json.dumps([cbu_row("USD", day, usd), cbu_row("RUB", day, rub), *more]).encode()


CBU_NO_DATA = b"[]"

HTML = (
    b"<!DOCTYPE html>\n<html><head><title>Forbidden</title></head><body>Please come back later.</body></html>"
)
