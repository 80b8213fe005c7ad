"""What ingest needs of the outside world, each port as its users see it.

    errors      what goes wrong at a store
    fetching    something that asks the web
    reading     something that reads documents
    sources     the store of sources
    articles    the store of articles, and what is done to them
    backfills   the store of backfills
    websub      the store of subscriptions, and the hubs

All times are aware UTC. Stores raise `StoreDownError` when they cannot be reached; whether a write then happened is
unknown, and doing it again is safe.
"""

from ingest.ports.articles import ItemStore, Look, LookStore, Note, Withdrawing, Withdrawn
from ingest.ports.backfills import BackfillClaim, BackfillDesk, BackfillStore
from ingest.ports.errors import BusyArticleError, OutboxFullError, StoreDownError, UnknownArticleError
from ingest.ports.fetching import Fetcher, PageFetcher
from ingest.ports.reading import ArchiveReader, FeedReader, PageReader
from ingest.ports.sources import Claim, Finish, SourceState, SourceStore
from ingest.ports.websub import HubCalls, Hubs, SubscriptionStore

__all__ = [
    "ArchiveReader",
    "BackfillClaim",
    "BackfillDesk",
    "BackfillStore",
    "BusyArticleError",
    "Claim",
    "FeedReader",
    "Fetcher",
    "Finish",
    "HubCalls",
    "Hubs",
    "ItemStore",
    "Look",
    "LookStore",
    "Note",
    "OutboxFullError",
    "PageFetcher",
    "PageReader",
    "SourceState",
    "SourceStore",
    "StoreDownError",
    "SubscriptionStore",
    "UnknownArticleError",
    "Withdrawing",
    "Withdrawn",
]
