"""Search over HTTP: what is marked, counted, suggested, related and remembered, and what is too much."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from search.api.answers import written_answer
from search.api.routes import make_router
from search.domain.article import Article
from search.domain.related import MOST_READ, question_like
from search.domain.revision import Revision
from search.ports import IndexBusyError
from shared.contracts.http.articles import RelatedAnswer, RevisionsAnswer, SearchAnswer
from shared.contracts.http.suggestions import SuggestAnswer
from shared.query import Query
from shared.testing.clock import FixedClock
from shared.web import create_api
from tests.suites.article_builders import NOON, a_record, a_withdrawal, an_article
from tests.suites.memory_articles import MemoryArticles, MemoryWalks
from tests.unit.search.test_api import answer

Value = TypeVar("Value")


async def test_words_are_marked_on_request(client: httpx2.AsyncClient) -> None:
    (article,) = (await answer(client, q="word7", highlights=True))["articles"]
    assert [article["excerpt"][start:end] for start, end in article["highlights"]["excerpt"]] == ["word7"]
    assert article["highlights"]["title"] == []
    assert (await answer(client, q="word7"))["articles"][0]["highlights"] is None
    assert (await answer(client, highlights=True))["articles"][0]["highlights"] is None


async def test_an_excerpt_shows_the_word_only_where_marks_are_asked_for(client: httpx2.AsyncClient) -> None:
    asked: dict[str, Any] = {"q": "three", "excerpt_words": 1, "page_size": 1}
    assert (await answer(client, **asked))["articles"][0]["excerpt"] == "rail..."
    assert (await answer(client, **asked, highlights=True))["articles"][0]["excerpt"] == "...three"


async def test_facets_are_told_as_asked_for_and_each_count_is_what_narrowing_finds(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    await articles.fill(
        [
            an_article(f"n{number}", text="rail", topics=("trade", "New Year")[: number % 3])
            for number in range(7)
        ]
    )
    body = await answer(client, q="rail", facets="topic,day")
    SearchAnswer.model_validate(body)
    assert set(body["facets"]) == {"topic", "day"}
    for value in body["facets"]["topic"]:
        narrowed = await answer(client, q="rail", topic=value["value"])
        assert narrowed["results"]["total"] == value["count"]
    assert body["facets"]["day"] == [{"value": "2026-11-20", "name": "2026-11-20", "count": 7}]
    assert (await answer(client, q="rail"))["facets"] is None


async def test_an_order_that_is_no_longer_kept_is_said_and_begun_again(
    client: httpx2.AsyncClient, walks: MemoryWalks
) -> None:
    asked: dict[str, Any] = {"q": "rail", "sort": "relevance", "page_size": 5, "facets": "source"}
    first = await answer(client, **asked)
    second = await answer(client, **asked, cursor=first["results"]["next_cursor"])
    assert second["facets"]["source"][0]["count"] == 20
    walks.forget()
    body = await answer(client, 400, **asked, cursor=second["results"]["next_cursor"])
    assert body["type"] == "urn:silkwire:problem:cursor-expired"


async def test_a_cursor_by_relevance_belongs_to_its_query_and_filters(client: httpx2.AsyncClient) -> None:
    """What was left of another query's order was shown as if it were an answer."""
    asked: dict[str, Any] = {"q": "rail", "sort": "relevance", "page_size": 5}
    first = (await answer(client, **asked))["results"]["next_cursor"]
    second = (await answer(client, **asked, cursor=first))["results"]["next_cursor"]
    for cursor in (first, second):
        for other in ({"q": "three"}, {"language": "en"}, {"after": "2026-11-01"}):
            body = await answer(client, 422, **asked | other, cursor=cursor)
            assert [fault["name"] for fault in body["errors"]] == ["cursor"]
        assert (await answer(client, **asked | {"page_size": 3}, cursor=cursor))["articles"]


async def test_more_than_can_be_answered_at_once_is_refused_with_when_to_come_back(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    """A crowd must not make everybody wait without end: one is answered, one waits, the third is told at once."""
    articles.slow.clear()
    first, second, third = (asyncio.create_task(client.get("/v1/search")) for _ in range(3))
    refused = await third
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["type"] == "urn:silkwire:problem:search-busy"
    costly = asyncio.create_task(client.get("/v1/search", params={"facets": "topic"}))
    articles.slow.set()
    assert [(await task).status_code for task in (first, second, costly)] == [200, 200, 200]


async def test_articles_like_one_are_told_without_itself(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    await articles.fill(
        [
            an_article("a", title="Tashkent opens a railway", text="Trains, trains and trains."),
            an_article("b", title="The railway to Tashkent", text="It opens."),
            an_article("c", title="Weather", text="More trains next week."),
            an_article("d", title="Football", text="A draw."),
        ]
    )
    response = await client.get("/v1/articles/a/related", params={"page_size": 2, "excerpt_words": 1})
    told = RelatedAnswer.model_validate_json(response.content)
    assert [article.id for article in told.articles] == ["b", "c"]
    assert (await client.get("/v1/articles/never/related")).status_code == 404
    await articles.fill([an_article("a", title="", text="")])
    assert (await client.get("/v1/articles/a/related")).json() == {"articles": []}


async def test_of_a_whole_book_only_the_beginning_tells_what_it_is_like() -> None:
    """To read all 100,000 words of one took a second of the loop that answers everybody."""
    beginning = "railway railway " + "and so on " * (MOST_READ // 3)
    book = an_article("a", title="", text=beginning + "football football " * MOST_READ)
    query = question_like(book)
    assert query is not None
    assert query.read_as == "railway"
    endless = question_like(an_article("a", title="", text="railway railway " + "x" * 700_000))
    assert endless is not None
    assert endless.read_as == "railway"


async def test_what_an_article_is_like_is_found_out_off_the_loop(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def like(article: Article) -> Query | None:
        threads.append(threading.current_thread())
        return question_like(article)

    monkeypatch.setattr("search.api.routes.question_like", like)
    assert (await client.get("/v1/articles/n1/related")).status_code == 200
    assert threading.main_thread() not in threads
    assert threads


async def test_revisions_tell_when_an_article_changed_and_what_of_it(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    later = NOON + timedelta(hours=1)
    first = replace(a_record(an_article("e")), revision=Revision(1, NOON, ()))
    second = replace(a_record(an_article("e", rev=2)), revision=Revision(2, later, ("title", "text")))
    await articles.save([first, second])
    response = await client.get("/v1/articles/e/revisions")
    assert len(RevisionsAnswer.model_validate_json(response.content).revisions) == 2
    assert response.json() == {
        "id": "e",
        "rev": 2,
        "revisions": [
            {"rev": 2, "at": "2026-11-20T13:00:00Z", "changed": ["title", "text"]},
            {"rev": 1, "at": "2026-11-20T12:00:00Z", "changed": []},
        ],
    }
    await articles.fill([a_withdrawal("e")])
    assert (await client.get("/v1/articles/e/revisions")).status_code == 410


async def test_a_query_that_is_being_typed_is_completed(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    titles = ["Tashkent trade", "Taliban in Tashkent", "Ташкент", "Bazaar"]
    await articles.fill([an_article(f"n{at}", minutes=at, title=title) for at, title in enumerate(titles)])
    response = await client.get("/v1/suggest", params={"q": "trade tas"})
    assert SuggestAnswer.model_validate_json(response.content).completions == ["Tashkent"]
    assert [title["id"] for title in response.json()["titles"]] == ["n0"]
    both = (await client.get("/v1/suggest", params={"q": "ta"})).json()
    assert both["completions"] == ["Tashkent", "Taliban"]
    for unfinished in ("title:ta", "tashkent -ta", "-trade ta", '"taliban in ta'):
        told = (await client.get("/v1/suggest", params={"q": unfinished})).json()
        assert (told["completions"] != []) is ("-ta" not in unfinished), unfinished
    for nothing in ("", "t", "***", "-ta", "source:ta"):
        assert (await client.get("/v1/suggest", params={"q": nothing})).json() == {
            "q": nothing,
            "completions": [],
            "titles": [],
        }
    assert (await client.get("/v1/suggest", params={"q": "x" * 1001})).status_code == 422


@pytest.mark.parametrize(
    ("asked", "told_aside"),
    [
        ({"q": "rail"}, False),
        ({"q": "rail", "highlights": True}, False),
        ({"q": "rail", "page_size": 20}, False),
        ({"q": "rail", "page_size": 21}, True),
        ({"q": "rail", "page_size": 7, "highlights": True}, True),
        ({"q": "nowhere", "page_size": 100, "highlights": True}, False),
    ],
)
async def test_a_long_answer_is_worked_out_aside_and_is_the_same(
    client: httpx2.AsyncClient, articles: MemoryArticles, asked: dict[str, Any], told_aside: bool
) -> None:
    """To mark a hundred articles takes up to 60 ms, and whoever asks little would wait for it."""
    await articles.fill([an_article(f"n{number:02}", text="rail") for number in range(21)])
    works = list[Callable[..., Any]]()

    async def aside(work: Callable[..., Value], /, *arguments: Any) -> Value:
        works.append(work)
        return work(*arguments)

    api = create_api("Search", "", registry=CollectorRegistry())
    api.include_router(make_router(articles, articles, FixedClock(NOON), aside))
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://search.test") as other:
        assert await answer(other, **asked) == await answer(client, **asked)
    assert works == [written_answer] * told_aside


async def test_too_many_long_answers_are_refused_with_when_to_come_back(articles: MemoryArticles) -> None:
    async def aside(_work: Callable[..., Value], /, *_arguments: Any) -> Value:
        raise IndexBusyError

    api = create_api("Search", "", registry=CollectorRegistry())
    api.include_router(make_router(articles, articles, FixedClock(NOON), aside))
    transport = httpx2.ASGITransport(app=api)
    async with httpx2.AsyncClient(transport=transport, base_url="http://search.test") as client:
        for path in ("search?highlights=true&page_size=7", "articles/n1/related"):
            response = await client.get(f"/v1/{path}")
            assert (response.status_code, response.headers["retry-after"]) == (503, "1")
