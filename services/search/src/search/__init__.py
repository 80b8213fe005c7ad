"""Search: hears of articles, keeps them, and answers queries over them.

    hear      handlers.py                       events from the queue search.articles.v1, a batch at a time
    document  domain/events.py, domain/article.py
    store     adapters/mongo_article_store.py   the record, by revision, before the event is acknowledged
    follow    adapters/mongo_follower.py        first a scan (mongo_scan.py), then the record's change stream; much at once
                                                (domain/backlog.py, mongo_catching_up.py) is taken in by view_intake.py, with
                                                processes that help (document_workers.py)
    index     adapters/tantivy_view.py          this replica's own view (fields and queries: tantivy_schema.py; what lists say:
                                                stored_article.py); the newest are held in memory (memtable.py, tiers.py)
                                                until a commit (view_saving.py); its files are looked at when it is opened
                                                (folder_look.py, tantivy_folder.py, block_reading.py)
    announce  shared/outbox.py                  article.indexed, once the view shows it
    group     adapters/mongo_story_worker.py    which articles tell one story: domain/near_duplicates.py, domain/stories.py

    ask       api/parameters.py                 domain/results.py: Ask
    query     shared/query                      read leniently; the same language as on the live stream
    bound     adapters/bounded_index.py         so many at once, so long at most; the costly ones (domain/bounds.py) apart
    read on   adapters/walking_index.py         an order by relevance stays the same on every replica (mongo_walks.py)
    rank      adapters/tantivy_question.py      asked of both tiers as one (asking.py, index_state.py; scores in memory:
                                                domain/bm25.py); or adapters/mongo_index.py, until the first view is built
    answer    api/answers.py                    domain/excerpt.py, marking.py, rights.py, facets.py, results.py; long ones
                                                in a process of their own (adapters/helper_process.py)

Rules stand in domain/, everything that talks to MongoDB, Tantivy or the disk in adapters/, the wiring in app.py.
"""
