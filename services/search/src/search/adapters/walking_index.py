"""Lets readers page through an order by relevance by cursor, on any replica, while articles arrive.

The first page tells what it showed. Asked on, the order of the rest is fixed and kept for all replicas; every further
page reads from there and shows of each article what is known now. So each article that answers all the while is shown
exactly once; what arrives meanwhile waits for the next search. An order that is never asked on is never kept.
"""

from dataclasses import replace

from search.domain.results import Ask, Cursor, Found, Listed, Shown, Walk, mark_of, walk_name
from search.ports import RankedIndex, WalkExpiredError, Walks


class WalkingIndex:
    """An index with cursors by relevance.

    Args:
        index: what is asked.
        walks: where orders are kept.
    """

    def __init__(self, index: RankedIndex, walks: Walks) -> None:
        self._index = index
        self._walks = walks

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for.

        Raises:
            IndexUnavailableError: it cannot answer now.
            WalkExpiredError: the cursor's order is no longer kept.
        """
        match ask.behind:
            case Shown(before, marks, of) as begun:
                order = await self._index.order(ask.query, ask.fresh_at)
                left = [one for one in order if mark_of(one) not in marks][before:]
                walk_id = await self._walks.keep(walk_name(begun), left)
                return await self._counted(ask, Walk(walk_id, 0, of))
            case Walk() as place:
                return await self._counted(ask, place)
            case _:
                return await self._index.search(ask)

    async def _counted(self, ask: Ask, place: Walk) -> Found:
        """Return a page, and what is to be counted besides."""
        page = await self._page(ask, place)
        if not ask.facets:
            return page
        counting = await self._index.search(Ask(ask.query, "newest", 1, facets=ask.facets))
        return replace(page, facets=counting.facets)

    async def _page(self, ask: Ask, place: Walk) -> Found:
        """Read on until the page is full: what was withdrawn or no longer answers leaves no hole."""
        articles: list[Listed] = []
        stories: dict[str, int] = {}
        while True:
            wanted = ask.limit - len(articles)
            ids = await self._walks.read(place.id, place.place, wanted + 1)
            if ids is None:
                raise WalkExpiredError
            found = await self._index.among(ask.query, ids[:wanted])
            articles += found.articles
            stories |= found.stories
            place = replace(place, place=place.place + len(ids[:wanted]))
            if len(ids) <= wanted or len(articles) == ask.limit:
                more: Cursor | None = place if len(ids) > wanted else None
                return Found(found.total, tuple(articles), more, stories)
