"""Search: hears of articles, keeps them, and answers queries over them.

    hear      handlers.py                       events from the queue search.articles.v1, a batch at a time
    document  domain/events.py, domain/article.py
    store     adapters/mongo_article_store.py   the record, by revision, before the event is acknowledged
    follow    adapters/mongo_follower.py        first a scan (mongo_scan.py), then the record's change stream
    index     adapters/tantivy_view.py          this replica's own view (fields and queries: tantivy_schema.py)
    announce  shared/outbox.py                  article.indexed, once the view shows it

    ask       api/parameters.py                 domain/results.py: Ask
    query     shared/query                      read leniently; the same language as on the live stream
    rank      adapters/tantivy_view.py          or adapters/mongo_index.py, until the first view is built
    answer    api/answers.py                    domain/excerpt.py, domain/rights.py, domain/results.py

Rules stand in domain/, everything that talks to MongoDB, Tantivy or the disk in adapters/, the wiring in app.py.
"""
