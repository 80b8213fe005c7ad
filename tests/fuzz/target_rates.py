"""Banks' documents: whatever is broken in one, no number is accepted that it does not print (tests/suites/rates_mutations.py).

Each input is read by every parser as it is; it also decides how the good documents are changed in their markup and in
their digits, where what must come of it is known.
"""

import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from rates.domain import ecb, nbkr
from rates.domain.tables import DocumentRefusedError
from tests.suites.rates_mutations import check_anything, check_digits, check_markup, originals

_ORIGINALS = tuple(originals())
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
_DAY = date(2026, 4, 2)
_CHANGES = 8


def seeds() -> Iterator[bytes]:
    """Give our own good documents and, where the data with known answers is, the recorded ones."""
    for original in _ORIGINALS:
        yield original.document
    recorded = Path(os.environ.get("SILKWIRE_CONFORMANCE_DATA") or _BESIDE) / "rates"
    for path in sorted(recorded.rglob("*.*")):
        yield path.read_bytes()


def one_input(data: bytes) -> None:
    """Read one document in every way, and change good ones as it decides."""
    check_anything(data)
    with suppress(DocumentRefusedError):
        nbkr.parse_history(data, code="USD", until_on=_DAY)
    with suppress(DocumentRefusedError):
        ecb.parse_history(data, until_on=_DAY)
    chance = random.Random(hashlib.sha256(data).digest())  # noqa: S311  a run can be repeated; it is no secret
    for _ in range(_CHANGES):
        check_markup(chance, chance.choice(_ORIGINALS))
        check_digits(chance, chance.choice(_ORIGINALS))
