"""The page of an article all the way: decode -> extract -> check -> complete the entry; pure CPU work, done in a worker.

`WorkerPageReader` is the port `PageReader` on worker processes. `read_page` is what such a process runs.
"""

from ingest.adapters.trafilatura_page import extract_page
from ingest.adapters.workers import WorkerPool
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.pages import PageReading, refusal, with_page
from ingest.domain.fetching.outcomes import Fetched, UnreadableFeedError
from ingest.domain.text.page import NoText


def read_page(body: bytes, content_type: str | None, url: str, candidate: Candidate) -> PageReading:
    """Return what a page gives an entry.

    Args:
        body: decompressed bytes.
        content_type: the Content-Type header, if any.
        url: the address that answered.
        candidate: the entry as the feed has it.
    """
    found = extract_page(body, content_type, url)
    if isinstance(found, NoText):
        return PageReading(refusal=found.reason)
    why_not = refusal(candidate, found, url)
    return PageReading(refusal=why_not) if why_not else PageReading(with_page(candidate, found, url))


class WorkerPageReader:
    """Reads pages in the processes of a pool."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def read(self, page: Fetched, candidate: Candidate) -> PageReading:
        """Return what a page gives an entry; see the port."""
        try:
            return await self._pool.run(read_page, page.body, page.content_type, page.url, candidate)
        except UnreadableFeedError as error:
            return PageReading(refusal=str(error))
