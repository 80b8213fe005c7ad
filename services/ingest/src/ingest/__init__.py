"""Ingest collects articles from news sources and says what is new.

schedule    pipeline/scheduler.py claims due sources by domain/rhythm/, adapters/mongo_source_store.py
fetch       adapters/httpx2_fetcher.py, by domain/fetching/, through adapters/httpcore2_guard.py to what
            adapters/getaddrinfo_names.py finds; pages by adapters/protego_pages.py
decode      domain/decoding/
parse       domain/parsing/, adapters/feedparser_entries.py
normalise   domain/articles/normalise.py with identity.py and keys.py, domain/dates/, domain/text/
full text   pipeline/full_text.py with domain/articles/pages.py, adapters/protego_pages.py, adapters/page_documents.py
dedupe      pipeline/storing.py by domain/articles/matching.py and decide.py, against adapters/mongo_item_store.py
publish     pipeline/events.py into the item's outbox, whose relay is shared/outbox

decode, parse and normalise are done by adapters/feed_documents.py in a process of its own, see adapters/workers/.
pipeline/recheck.py looks at articles' pages again by domain/articles/recheck.py; pipeline/withdraw.py takes articles down.
pipeline/websub.py has hubs say when a source is due, by domain/websub/, adapters/mongo_subscription_store.py and api/websub.py.
pipeline/backfill.py fetches older articles by domain/backfill/, adapters/archive_documents.py reads them in a worker;
pipeline/discovery.py finds feeds behind an address.

domain/sources/ says what a source is, pipeline/managing.py changes them, pipeline/counting.py counts their articles.
pipeline/update.py walks one source through all of it; app/parts.py joins the parts and app/__init__.py runs them; api/ tells
how the sources do, and lets administrators change them.
"""
