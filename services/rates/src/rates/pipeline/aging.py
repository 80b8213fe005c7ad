"""Whether a line is late, stale or from a frozen server, by its bank's calendar and its last tables."""

from collections.abc import Sequence
from datetime import datetime

from rates.domain.banks import Bank
from rates.domain.fixings import Line, Method
from rates.domain.observations import Observation
from rates.domain.plans import Plan
from rates.domain.staleness import age, freeze, frozen_since
from rates.ports import ObservationStore


class Ager:
    """Tells how old lines are.

    Args:
        observations: what banks said.
    """

    def __init__(self, observations: ObservationStore) -> None:
        self._observations = observations

    async def age(self, plan: Plan, line: Line, said: Sequence[Observation], now: datetime) -> Line:
        """Return the line with its standing as of now; a declared peg has no age.

        Args:
            plan: how the pair is derived.
            line: what follows from all observations; the bank whose number it shows is the one whose age counts.
            said: what all its sources have lately said of the pair.
            now: aware UTC; no replica's clock may take a board back to before its last change.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        if line.fixing.method is Method.PEG:
            return line
        bank = next(bank for bank in plan.sources if bank.id == line.fixing.source)
        own = [observation for observation in said if observation.key == bank.key]
        since_on = frozen_since(own)
        if since_on is not None and await self._is_whole_table(bank, own):
            return freeze(line, since_on)
        return age(line, bank.rhythm, now)

    async def _is_whole_table(self, bank: Bank, own: Sequence[Observation]) -> bool:
        """Return whether the newest table has more than one currency: a page of the past has one, which may rest."""
        newest_on = max(item.session_on for item in own)
        table = await self._observations.of_session(bank.key, newest_on)
        return len({(item.base, item.quote) for item in table}) > 1
