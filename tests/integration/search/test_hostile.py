"""Whatever is asked, search answers it or refuses it; it never breaks."""

import string
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from search.adapters.bounded_index import BoundedIndex, Limits
from search.adapters.tantivy_view import TantivyView
from search.adapters.walking_index import WalkingIndex
from search.api.routes import make_router
from search.metrics import Metrics
from shared.testing.clock import FixedClock
from shared.web import create_api
from tests.suites.article_builders import NOON, an_article
from tests.suites.memory_articles import MemoryArticles, MemoryWalks

HEAP_BYTES = 16 * 1024 * 1024
ANSWERS = {200, 400, 422, 503}

OPERATORS = [
    '"',
    "OR",
    "AND",
    "-",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "*",
    ":",
    "title:",
    "source:",
    "after:",
    "^",
    "~",
    "\\",
]
HOSTILE = [
    "word " * 2000,
    " OR ".join(f"w{number}" for number in range(1000)),
    " OR ".join("ab" for _ in range(190)),
    "a* b* c*",
    " ".join(f"{first}{second}*" for first in "abcdefgh" for second in "abcdefgh"),
    "(" * 500 + "x" + ")" * 400,
    '"' * 999,
    "-" * 999,
    "((a+)+)+$ .*.*.* [a-z]{1000} (?=x) \\1 a|b",
    "title:" * 150,
    "source:" + "x" * 900,
    "before:9999-99-99 after:0000-00-00 before: after:-1",
    "\x00\x01\x7f\ufeff\u202e\u200b",
    "e\u0301" * 400,
    "﷽" * 300,
    "a" * 1000,
    "AND OR AND OR -OR -AND",
    "*" * 1000,
]


def blocks() -> list[str]:
    """Return a text of every 256 characters that Unicode has names for, and of some of those it has none for."""
    return [
        "".join(chr(code) for code in range(start, start + 256, 5) if not 0xD800 <= code <= 0xDFFF)
        for start in (*range(0, 0x30000, 0x100), *range(0x30000, 0x110000, 0x1000))
    ]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    view = TantivyView(tmp_path / "index", HEAP_BYTES)
    await view.open()
    texts = [*blocks()[:64], "word rail minister", string.printable]
    articles = [an_article(f"n{at}", title=text[:40], text=text) for at, text in enumerate(texts)]
    await view.apply(articles[::2])
    await view.commit()
    await view.apply(articles[1::2])
    api = create_api("Search", "", registry=CollectorRegistry())
    walking = WalkingIndex(view, MemoryWalks())
    bounded = BoundedIndex(walking, Limits(seconds=5), Metrics(CollectorRegistry()))
    api.include_router(make_router(bounded, MemoryArticles(), FixedClock(NOON)))
    transport = httpx2.ASGITransport(app=api, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://search.test") as client:
        yield client
    await view.close()


async def asked(client: httpx2.AsyncClient, path: str) -> int:
    """Return the status of an answer, which is an answer or a problem told properly."""
    response = await client.get(path)
    assert response.status_code in ANSWERS, (path[:200], response.text[:500])
    if response.status_code != 200:
        assert response.headers["content-type"] == "application/problem+json"
    if response.status_code == 503:
        assert response.headers["retry-after"]
    return int(response.status_code)


@pytest.mark.parametrize("q", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_query_is_answered_or_refused(client: httpx2.AsyncClient, q: str) -> None:
    too_long = len(q) > 1000
    for more in (
        "",
        "&sort=relevance&highlights=true&facets=topic,day",
        "&match=any&sort=relevance&page_size=100",
    ):
        assert await asked(client, f"/v1/search?q={quote(q)}{more}") == (422 if too_long else 200)
    assert await asked(client, f"/v1/suggest?q={quote(q)}") == (422 if too_long else 200)


async def test_words_of_every_unicode_block_can_be_asked_for(client: httpx2.AsyncClient) -> None:
    for text in blocks():
        assert await asked(client, f"/v1/search?q={quote(text)}&highlights=true&sort=relevance") == 200


def parameters() -> st.SearchStrategy[dict[str, str | int]]:
    """Anything that a search may be told, much of it wrong."""
    pieces = st.lists(st.one_of(st.sampled_from(OPERATORS), st.text(max_size=6)), max_size=60)
    return st.fixed_dictionaries(
        {"q": st.one_of(st.text(max_size=1001), pieces.map("".join), pieces.map(" ".join))},
        optional={
            "match": st.sampled_from(["all", "any"]),
            "sort": st.sampled_from(["newest", "relevance"]),
            "page": st.integers(-1, 10**20),
            "cursor": st.text(max_size=60),
            "facets": st.lists(st.sampled_from(["source", "topic", "day", "colour"])).map(",".join),
            "highlights": st.sampled_from(["true", "false"]),
            "after": st.text("0123456789-", max_size=12),
        },
    )


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(told=parameters())
@example(told={"q": "rail", "sort": "relevance", "cursor": "czowOg"})
@example(told={"q": "rail", "sort": "relevance", "cursor": "dzpmZjpmZg"})
async def test_anything_generated_is_answered_or_refused(
    client: httpx2.AsyncClient, told: dict[str, str | int]
) -> None:
    await asked(client, f"/v1/search?{urlencode(told)}")
    await asked(client, f"/v1/suggest?q={quote(str(told['q']))}")
