"""Short ways to make observations, for the tests of what is derived from them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from rates.domain.banks import BANKS, DOLLAR, Bank
from rates.domain.fixings import Line, derive
from rates.domain.observations import Observation

BY_ID = {bank.id: bank for bank in BANKS}
NBK, NBKR, NBT, CBU = (BY_ID[name] for name in ("NBK", "NBKR", "NBT", "CBU"))
NO_MONGODB = "mongodb://%2Fnowhere%2Fmongod.sock"
"""A server that is away. A socket's path fails at once; PyMongo's own client leaks a TCP socket when it is closed while
it connects, which the tests' strictness about warnings would report of whichever test runs then."""

SEEN_AT = datetime(2026, 4, 2, 11, 0, tzinfo=UTC)


def observation(
    bank: Bank,
    session_on: date,
    value: str,
    *,
    nominal: int = 1,
    revision: int = 1,
    fetched_at: datetime = SEEN_AT,
    base: str = DOLLAR,
) -> Observation:
    """What a bank said of one session."""
    return Observation(
        key=bank.key,
        base=base,
        quote=bank.money,
        value=Decimal(value),
        nominal=nominal,
        scale=len(value.partition(".")[2]),
        label_on=session_on + timedelta(days=1),
        session_on=session_on,
        fetched_at=fetched_at,
        payload_sha256="0" * 64,
        table_hash="1" * 64,
        revision=revision,
    )


def line(bank: Bank, *observations: Observation) -> Line:
    """The line that follows from observations; there must be one."""
    found = derive(bank.pair, observations, bank.band)
    assert found is not None
    return found
