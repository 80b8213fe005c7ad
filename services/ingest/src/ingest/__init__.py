"""Ingest collects articles from news sources and says what is new.

schedule    pipeline/scheduler.py claims due sources by domain/schedule.py, adapters/mongo_source_store.py
fetch       adapters/httpx2_fetcher.py, through adapters/httpcore2_guard.py and domain/addresses.py
decode      domain/decode.py, domain/sniff.py, domain/scan.py
parse       adapters/feedparser_entries.py, domain/json_feed.py
normalise   domain/normalise.py with identity.py, dates.py, text.py, language.py
dedupe      domain/decide.py against adapters/mongo_item_store.py
publish     pipeline/events.py into the item's outbox, whose relay is shared/outbox.py

pipeline/update.py walks one source through all of it; app.py joins the parts; api/ tells how the sources do.
"""
