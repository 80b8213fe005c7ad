"""Bank of Russia: XML in real windows-1251 bytes, RUB per nominal, decimal comma; its errors come with status 200."""

from rates.domain import valcurs
from rates.domain.documents import dotted_date
from rates.domain.tables import Reading

WANTED = ("USD",)


def parse(raw: bytes) -> Reading:
    """Read one day's table, keyed by CharCode.

    `Value` and `Nominal` are the exact rational; `VunitRate`, there since November 2023, is that rounded and sometimes
    with an exponent (`5,39256E-05`), so nobody reads it.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    return valcurs.parse(raw, dotted_date, wanted=WANTED)
