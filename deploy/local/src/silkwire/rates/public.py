"""Asks a running system's public API for a pair's past: finds where it is, and asks in parts what one answer cannot hold."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx2

from shared.contracts.http.rate_history import HistoryAnswer, PeriodsAnswer
from silkwire.errors import StartError
from silkwire.folder import DEFAULT_DATA, read_admin
from silkwire.rates.client import refusal

DAYS_AT_ONCE = 4018
"""What one answer holds session by session (docs/api.md)."""

_ANSWERS_WITHIN_S = 30.0
_OPTIONS = {"after": "--from", "before": "--to", "group": "--group"}
"""What the API calls a parameter, by what is typed here."""

Span = tuple[date | None, date | None]


@dataclass(frozen=True)
class Gateway:
    """The public API of a running system.

    Attributes:
        url: Its address.
    """

    url: str

    def history(
        self, pair: str, first: date | None, last: date | None, group: str | None
    ) -> HistoryAnswer | PeriodsAnswer:
        """A pair's past between two days, both included.

        Args:
            pair: `KGS/USD`.
            first: The first session; None for a year before the last one.
            last: The last session; None for the newest.
            group: `week`, `month`, or None for single sessions.

        Raises:
            StartError: It does not answer, or refuses; in its own words.
        """
        if group is not None:
            return PeriodsAnswer.model_validate_json(self._asked(pair, (first, last), group=group))
        parts = [
            HistoryAnswer.model_validate_json(self._asked(pair, span))
            for span in self._spans(pair, first, last)
        ]
        banks = {bank.id: bank for part in parts for bank in part.sources}
        rows = [row for part in parts for row in part.rows]
        return parts[-1].model_copy(update={"rows": rows, "sources": list(banks.values())})

    def csv(self, pair: str, first: date | None, last: date | None, group: str | None) -> str:
        """The same as CSV with one header; raises what `history` raises."""
        spans = [(first, last)] if group is not None else self._spans(pair, first, last)
        texts = [self._asked(pair, span, group=group, format="csv").decode() for span in spans]
        return texts[0] + "".join(text.partition("\n")[2] for text in texts[1:])

    def _spans(self, pair: str, first: date | None, last: date | None) -> list[Span]:
        """What is to be asked for, oldest first; where that may be too much for one answer, its months tell what there is."""
        end = last or date.today()  # noqa: DTZ011  a guess: whether to look first
        if first is None or (end - first).days < DAYS_AT_ONCE:
            return [(first, last)]
        months = PeriodsAnswer.model_validate_json(self._asked(pair, (first, last), group="month")).rows
        if not months:
            return [(first, first)]
        return list(_parted(max(first, months[0].first_on), months[-1].session_on, last))

    def _asked(self, pair: str, span: Span, **further: str | None) -> bytes:
        address = f"{self.url}/api/v1/rates/{pair}/history"
        query = {"after": span[0], "before": span[1], **further}
        given = {name: str(value) for name, value in query.items() if value is not None}
        try:
            answer = httpx2.get(address, params=given, trust_env=False, timeout=_ANSWERS_WITHIN_S)
        except (httpx2.HTTPError, httpx2.InvalidURL) as err:
            raise StartError(
                f"No running Silkwire answers at {self.url}.",
                "start one: silkwire up",
                "or name its address: --url http://host:port (or SILKWIRE_URL)",
            ) from err
        if not answer.is_success:
            raise refusal(answer, named=_OPTIONS)
        return bytes(answer.content)


def _parted(first: date, newest: date, last: date | None) -> Iterator[Span]:
    """Parts that one answer holds; the last one ends where the whole does, or wherever the newest session is by then."""
    while (newest - first).days >= DAYS_AT_ONCE:
        yield first, first + timedelta(days=DAYS_AT_ONCE - 1)
        first += timedelta(days=DAYS_AT_ONCE)
    yield first, last


def gateway_at(url: str | None, data: Path | None, environment: Mapping[str, str]) -> Gateway:
    """Where the system is: as asked, else SILKWIRE_URL, else what the data folder of `silkwire up` says.

    Args:
        url: The address that was asked for.
        data: The data folder that was asked for.
        environment: Environment variables.

    Raises:
        StartError: Nobody says where it is.
    """
    given = url or (environment.get("SILKWIRE_URL") if data is None else None)
    if given:
        return Gateway(given.rstrip("/"))
    folder = data or DEFAULT_DATA
    known = read_admin(folder)
    if known is None:
        raise StartError(
            f"No system of this machine has run on the data folder {folder}.",
            "name its folder: --data DIR (make demo: DATA_DIR)",
            "or name its address: --url http://host:port (or SILKWIRE_URL)",
        )
    return Gateway(known.gateway)
