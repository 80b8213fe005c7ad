"""National Bank of Tajikistan: XML by date, TJS per nominal; the date it answers may not be the one asked for."""

from rates.domain import valcurs
from rates.domain.documents import iso_date
from rates.domain.tables import Reading

WANTED = ("USD",)


def parse(raw: bytes) -> Reading:
    """Read one day's table, keyed by CharCode: the numeric ID of RUB is that of a rouble gone since 1998.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    return valcurs.parse(raw, iso_date, wanted=WANTED)
