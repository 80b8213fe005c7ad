"""Adds, changes and imports sources as administrators want it; the store is the truth, and two of them may be at it."""

from collections.abc import Callable
from dataclasses import replace

from ingest.domain.sources.changes import AddressTakenError, BusySourceError, UnknownSourceError
from ingest.domain.sources.merge import Merge, merge
from ingest.domain.sources.opml import RowFault, SourceList
from ingest.domain.sources.rows import address_key
from ingest.domain.sources.source import Source
from ingest.ports import SourceStore

MAX_TRIES = 5
"""How often a change is made again after somebody else, or a move of the feed, changed the source in between."""


class SourceManager:
    """What can be done to sources; one for the whole process.

    Args:
        sources: where they are kept.
    """

    def __init__(self, sources: SourceStore) -> None:
        self._sources = sources

    async def add(self, source: Source) -> None:
        """Put in a further source.

        Raises:
            AddressTakenError: there is one of this address, or of this id.
        """
        owner = (await self.owners()).get(address_key(source.url))
        if owner is not None:
            raise AddressTakenError(owner)
        if not await self._sources.add(source):
            raise AddressTakenError(source.id)

    async def change(self, source_id: str, wanted: Callable[[Source], Source]) -> Source:
        """Give a source other settings and return it as it is then; its id stays.

        Args:
            source_id: which one.
            wanted: what it is to be, made of what it is.

        Raises:
            UnknownSourceError: there is none.
            AddressTakenError: another source has the new address.
            BusySourceError: others keep changing it.
        """
        for _ in range(MAX_TRIES):
            found = await self._sources.get(source_id)
            if found is None:
                raise UnknownSourceError(source_id)
            before, _state = found
            after = replace(wanted(before), id=before.id)
            owner = before.id
            if address_key(after.url) != address_key(before.url):
                owner = (await self.owners()).get(address_key(after.url), before.id)
            if owner != before.id:
                raise AddressTakenError(owner)
            if after == before or await self._sources.change(before, after):
                return after
        raise BusySourceError(source_id)

    async def import_list(self, listed: SourceList, *, dry_run: bool) -> Merge:
        """Merge a list into the sources and return what became of its rows; safe to repeat.

        Args:
            listed: the list as read.
            dry_run: True only tells what would become of them.
        """
        planned = merge([source for source, _ in await self._sources.all()], listed)
        if dry_run:
            return planned
        added = [one for one in planned.added if await self._sources.add(one)]
        changed = [one for one in planned.changed if await self._sources.change(one.before, one.after)]
        names = [
            *(one.name for one in planned.added if one not in added),
            *(one.after.name for one in planned.changed if one not in changed),
        ]
        late = tuple(RowFault(name, "somebody else changed it meanwhile; import again") for name in names)
        return Merge(tuple(added), tuple(changed), planned.unchanged, planned.refused + late)

    async def owners(self) -> dict[str, str]:
        """Return which source has which address, by `address_key`."""
        return {address_key(source.url): source.id for source, _ in await self._sources.all()}
