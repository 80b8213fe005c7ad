"""From tables to stored observations: new ones and corrections are kept, repeats are not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rates.domain.banks import DOLLAR, Bank
from rates.domain.observations import Observation, observe, seen_again, sort_arrivals
from rates.domain.sessions import labelled_before, place
from rates.metrics import Metrics
from rates.pipeline.ask import Read
from rates.ports import ObservationStore

_TRIES = 5


@dataclass(frozen=True, slots=True)
class News:
    """How many observations were new, and how many were seen again for the first time."""

    new: int = 0
    seen_again: int = 0

    def __bool__(self) -> bool:
        """Whether anything may follow from it."""
        return self.new + self.seen_again > 0


class Recorder:
    """Keeps what banks said.

    Args:
        store: where.
        metrics: counts what was kept.
    """

    def __init__(self, store: ObservationStore, *, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    async def record(self, bank: Bank, read: Read, *, may_correct: bool) -> News:
        """Keep a table's observations; safe to repeat, and to race with others.

        A number that a later fetch shows again is noted as such, once.

        Args:
            bank: whose table it is.
            read: the table.
            may_correct: False for an archive's answer, which fills what is missing and corrects nothing.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        return await self.keep(
            bank, await self._placed(bank, observations_of(bank, read)), may_correct=may_correct
        )

    async def keep(self, bank: Bank, new: Sequence[Observation], *, may_correct: bool) -> News:
        """Keep a table's observations as being of the session that they name; safe to repeat, and to race with others.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        added = 0
        again: list[Observation] = []
        for _ in range(_TRIES):
            known = await self._store.of_session(bank.key, new[0].session_on)
            again = seen_again(known, new)
            kept = sort_arrivals(known, new, may_correct=may_correct)
            if not kept:
                break
            added += await self._store.append(kept)
        if again:
            await self._store.see_again(again, new[0].fetched_at)
        self._metrics.observations.labels(bank.id).inc(added)
        return News(added, len(again))

    async def _placed(self, bank: Bank, new: tuple[Observation, ...]) -> tuple[Observation, ...]:
        """Return a table's observations with the session that their bank fixed them in, holidays or not."""
        recent = await self._store.recent(bank.key, DOLLAR, bank.money)
        last = labelled_before(new[0].label_on, recent)
        if last is None or last.session_on < new[0].session_on:
            return new
        session_on = place(new, await self._store.of_session(bank.key, last.session_on))
        return tuple(replace(item, session_on=session_on) for item in new)

    async def of_session(self, bank: Bank, session_on: date) -> Sequence[Observation]:
        """Return all that is known of a session.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        return await self._store.of_session(bank.key, session_on)

    async def has_session(self, bank: Bank, session_on: date) -> bool:
        """Return whether anything is known of a session.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        return bool(await self._store.of_session(bank.key, session_on))


def observations_of(bank: Bank, read: Read) -> tuple[Observation, ...]:
    """Return a table's rows as observations of the session that its date stands for by the calendar."""
    return observe(
        read.table,
        key=bank.key,
        printed=bank.printed,
        session_on=bank.session_of(read.table.label_on),
        fetched_at=read.fetched_at,
        payload=read.payload,
    )
