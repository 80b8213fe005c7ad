"""How far a search replica's own view is: `GET /v1/view` of search, and `silkwire reindex`."""

from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant


class ViewAnswer(Contract):
    """One replica's view."""

    phase: Literal["waiting", "building", "catching_up", "level"] = Field(
        description="Waiting for MongoDB, reading the record whole, applying what changed meanwhile or a backlog, or level with it."
    )
    articles: int = Field(description="Articles that can be found in it now.")
    scanned: int = Field(description="Articles read since the building began; 0 outside of it.")
    of: int = Field(description="About how many there are to read; 0 outside of building.")
    behind_s: float | None = Field(
        description="Seconds since what it shows was all of the record; null while unknown."
    )
    as_of: Instant | None = Field(description="The same as a moment; null while unknown.")
    rebuilds: int = Field(description="Times that this process has built it from nothing.")
    trouble: str = Field(
        description="Why changes cannot be written, such as a full disk; empty while they can."
    )
