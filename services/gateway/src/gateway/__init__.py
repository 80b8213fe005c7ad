"""Gateway serves the combined feed: to people as pages, to programs as JSON.

The path of the data:

    ask     api/parameters.py         a request's parameters become one Question, or a clear error
            adapters/httpx2_search.py asks search; a service that is away is a value, told within the deadline
    keep    pipeline.py               the last good ticker, asked of rates every few seconds (adapters/httpx2_rates.py)
    merge   domain/merge.py           the search's answer and the kept ticker become one feed
    page    api/pages.py              the same answer as a page rendered on the server (api/templates, api/static)
    JSON    api/feed.py, articles.py, rates.py, sources.py
    hubs    api/websub.py             what WebSub hubs ask and tell goes to ingest (adapters/httpx2_hub_calls.py)

Only app.py joins these to the network and sees the settings.
"""
