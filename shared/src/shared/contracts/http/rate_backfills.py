"""Backfills of rates over HTTP: what an administrator asks of rates, and how far each bank's has come."""

from datetime import date
from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant


class RateBackfillRequest(Contract):
    """Past sessions that are wanted."""

    first_on: date = Field(description="The first session's day.")
    last_on: date | None = Field(
        default=None,
        description="The last one's; by default three days ago, since younger ones are polled for.",
    )
    bank: str | None = Field(
        default=None,
        pattern=r"^[A-Z]{2,8}$",
        description="Id of a bank, such as NBK; all of them by default.",
    )


class RateBackfill(Contract):
    """How far a bank's last backfill has come."""

    bank: str
    pair: str
    first_on: date
    last_on: date
    state: Literal["running", "done", "failed"]
    started_at: Instant
    requests: int = Field(description="Requests made to the bank's archive.")
    stored: int = Field(description="Sessions that came and were stored; what was known is not asked for.")
    sessions_left: int = Field(description="Sessions still to be asked for.")
    empty: int = Field(description="Days known to have none: holidays, mostly.")
    left_out: int = Field(
        description="Sessions whose documents could not be believed; the next backfill asks again."
    )
    detail: str = Field(default="", description="What the last failure was.")


class RateBackfillsAnswer(Contract):
    """Every bank's last backfill."""

    backfills: list[RateBackfill]
