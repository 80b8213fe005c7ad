"""Short ways to make observations, for the tests of what is derived from them."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from rates.domain.banks import BANKS, DOLLAR, Bank
from rates.domain.derivation import derive
from rates.domain.fixings import Line
from rates.domain.observations import Observation
from rates.domain.plans import PLANS

BY_ID = {bank.id: bank for bank in BANKS}
NBK, NBKR, NBT, CBU = (BY_ID[name] for name in ("NBK", "NBKR", "NBT", "CBU"))
PLAN_OF = {plan.pair.base: plan for plan in PLANS}
"""How each pair is derived, by the money it is a rate of."""

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
    seen_again: bool = False,
) -> Observation:
    """What a bank said of one session of a currency, the dollar unless `base` names another."""
    return Observation(
        key=bank.key,
        base=bank.printed(base).base,
        quote=bank.printed(base).quote,
        value=Decimal(value),
        nominal=nominal,
        scale=len(value.partition(".")[2]),
        label_on=session_on + timedelta(days=1),
        session_on=session_on,
        fetched_at=fetched_at,
        payload_sha256="0" * 64,
        table_hash=hashlib.sha256(f"{session_on} {revision}".encode()).hexdigest(),
        revision=revision,
        seen_again_at=fetched_at + timedelta(hours=1) if seen_again else None,
    )


def line(bank: Bank, *observations: Observation) -> Line:
    """The line of a bank's own money that follows from observations; there must be one."""
    found = derive(PLAN_OF[bank.money], observations)
    assert found is not None
    return found
