"""Search over HTTP: shapes, bounds, errors, rights."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from shared.contracts.http.articles import ArticleWhole, SearchAnswer
from tests.suites.article_builders import NOON, a_source, a_withdrawal, an_article
from tests.suites.memory_articles import MemoryArticles


async def answer(client: httpx2.AsyncClient, status: int = 200, **parameters: Any) -> dict[str, Any]:
    response = await client.get("/v1/search", params=parameters)
    assert response.status_code == status, response.text
    kind = "application/json" if status == 200 else "application/problem+json"
    assert response.headers["content-type"] == kind
    body: dict[str, Any] = response.json()
    return body


async def test_an_answer_that_may_be_old_says_so(client: httpx2.AsyncClient) -> None:
    """Only then: who follows the record has nothing to tell."""
    body = await answer(client)
    assert (body["stale"], body["as_of"]) == (False, None)


async def test_an_answer_has_the_query_the_results_line_and_the_articles(client: httpx2.AsyncClient) -> None:
    body = await answer(client, q="rail -word3", language="en", after="2026-11-01", page=2)
    SearchAnswer.model_validate(body)
    assert body["query"] == {
        "q": "rail -word3",
        "read_as": "rail -word3",
        "filters": {"language": ["en"], "after": "2026-11-01"},
    }
    results = body["results"]
    assert results.pop("next_cursor")
    assert results == {
        "from": 7,
        "to": 12,
        "total": 19,
        "text": "Viewing results 7 - 12 of 19",
        "page": 2,
        "page_size": 6,
        "pages": 4,
    }
    first = body["articles"][0]
    assert (first["id"], first["published_at"]) == ("n13", "2026-11-20T12:13:00Z")
    assert first["source"] == {"id": "orda", "name": "Orda News", "country": "KZ"}


async def test_a_walk_by_cursor_sees_every_article_once(client: httpx2.AsyncClient) -> None:
    seen: list[str] = []
    parameters: dict[str, Any] = {"q": "rail", "page_size": 7}
    while True:
        body = await answer(client, **parameters)
        seen += [article["id"] for article in body["articles"]]
        assert body["results"]["total"] == 20
        if body["results"]["next_cursor"] is None:
            break
        parameters["cursor"] = body["results"]["next_cursor"]
    assert seen == [f"n{number}" for number in reversed(range(20))]
    assert (body["results"]["from"], body["results"]["to"], body["results"]["page"]) == (None, None, None)


async def test_past_the_last_page_there_are_no_articles_but_the_total(client: httpx2.AsyncClient) -> None:
    body = await answer(client, page=100)
    assert body["articles"] == []
    assert body["results"]["text"] == "No results on this page (20 in all)"
    assert (body["results"]["from"], body["results"]["page"]) == (None, 100)


async def test_nothing_found_says_so(client: httpx2.AsyncClient) -> None:
    assert (await answer(client, q="nowhere"))["results"]["text"] == "No results"


async def test_relevance_without_words_is_newest(client: httpx2.AsyncClient) -> None:
    body = await answer(client, q="source:orda", sort="relevance", page_size=1)
    assert body["articles"][0]["id"] == "n19"
    further = await answer(
        client, q="source:orda", sort="relevance", page_size=1, cursor=body["results"]["next_cursor"]
    )
    assert further["articles"][0]["id"] == "n18"


async def test_excerpts_are_as_long_as_asked(client: httpx2.AsyncClient) -> None:
    body = await answer(client, q="word7", excerpt_words=2)
    assert [(article["excerpt"], article["truncated"]) for article in body["articles"]] == [
        ("rail word7...", True)
    ]
    body = await answer(client, q="word7", excerpt_words=0)
    assert [(article["excerpt"], article["truncated"]) for article in body["articles"]] == [("", True)]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("page", "0"),
        ("page", "one"),
        ("page_size", "0"),
        ("page_size", "10000"),
        ("excerpt_words", "501"),
        ("excerpt_words", "-1"),
        ("sort", "oldest"),
        ("match", "none"),
        ("collapse", "outlet"),
        ("after", "yesterday"),
        ("before", "2026-02-30"),
        ("q", "word " * 2000),
        ("source", ""),
        ("topic", "x" * 201),
        ("cursor", "not a cursor"),
        ("cursor", "x" * 5000),
    ],
)
async def test_a_wrong_parameter_is_named_with_what_is_allowed(
    client: httpx2.AsyncClient, parameter: str, value: str
) -> None:
    body = await answer(client, 422, **{parameter: value})
    assert body["type"] == "urn:silkwire:problem:invalid-parameter"
    assert body["errors"][0]["name"].split(".")[0] == parameter
    assert body["errors"][0]["message"]


async def test_a_page_too_deep_names_the_cursor(client: httpx2.AsyncClient) -> None:
    assert (await answer(client, page=100, page_size=100))["results"]["total"] == 20
    body = await answer(client, 400, page=101, page_size=100)
    assert "cursor" in body["detail"]
    assert body["errors"][0]["name"] == "page"


async def test_an_index_that_does_not_answer_is_said_with_when_to_come_back(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    articles.down = True
    assert (await answer(client, 503))["type"] == "urn:silkwire:problem:index-unavailable"
    response = await client.get("/v1/articles/n1")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("rights", "excerpt", "text"),
    [("title", "", None), ("excerpt", "one two...", None), ("full", "one two...", "one two three")],
)
async def test_an_article_is_shown_as_far_as_its_source_allows(
    client: httpx2.AsyncClient, articles: MemoryArticles, rights: str, excerpt: str, text: str | None
) -> None:
    await articles.fill([an_article(text="one two three", html="<p>1</p>", source=a_source(rights=rights))])
    response = await client.get("/v1/articles/a", params={"excerpt_words": 2})
    whole = ArticleWhole.model_validate_json(response.content)
    assert (whole.excerpt, whole.truncated, whole.text) == (excerpt, True, text)
    assert whole.html == (None if text is None else "<p>1</p>")
    listed = (await answer(client, excerpt_words=2))["articles"][0]
    assert listed["excerpt"] == excerpt


async def test_an_unknown_article_is_not_found_and_a_withdrawn_one_is_gone(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    await articles.fill([a_withdrawal("gone")])
    statuses = {name: (await client.get(f"/v1/articles/{name}")).status_code for name in ("gone", "never")}
    assert statuses == {"gone": 410, "never": 404}
    assert (await client.get(f"/v1/articles/{'x' * 65}")).status_code == 422


async def test_a_story_is_told_with_its_size_and_who_was_seen_first_and_shown_once_if_asked(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    await articles.fill(
        [
            an_article("a", minutes=1, story="a"),
            an_article("b", minutes=2, story="a"),
            an_article("c", minutes=3),
            an_article("left", minutes=4, story="left"),
        ]
    )
    told = {article["id"]: article["story"] for article in (await answer(client))["articles"]}
    assert told == {
        "a": {"id": "a", "size": 2, "first_seen": True},
        "b": {"id": "a", "size": 2, "first_seen": False},
        "c": None,
        "left": None,
    }
    once = await answer(client, collapse="story")
    assert [article["id"] for article in once["articles"]] == ["left", "c", "b"]
    assert once["results"]["text"] == "Viewing results 1 - 3 of 3"


async def test_an_article_lists_all_that_tell_its_story_the_first_seen_first(
    client: httpx2.AsyncClient, articles: MemoryArticles
) -> None:
    early, late = NOON, NOON + timedelta(hours=1)
    await articles.fill(
        [
            an_article("late", story="early", first_seen_at=late, source=a_source(rights="title")),
            an_article("early", story="early", first_seen_at=early, outlet="other.test"),
            an_article("alone"),
        ]
    )
    whole = ArticleWhole.model_validate_json((await client.get("/v1/articles/late")).content)
    assert [(member.id, member.first_seen, member.outlet) for member in whole.members] == [
        ("early", True, "other.test"),
        ("late", False, "orda.test"),
    ]
    assert whole.story is not None
    assert (whole.story.size, whole.story.first_seen) == (2, False)
    alone = ArticleWhole.model_validate_json((await client.get("/v1/articles/alone")).content)
    assert (alone.story, alone.members) == (None, [])


async def test_stories_by_relevance_are_paged_by_number_only(client: httpx2.AsyncClient) -> None:
    plain = await answer(client, q="rail", sort="relevance")
    cursor = plain["results"]["next_cursor"]
    assert cursor is not None
    once = await answer(client, q="rail", sort="relevance", collapse="story", page=2)
    assert (once["results"]["next_cursor"], len(once["articles"])) == (None, 6)
    refused = await answer(client, 422, q="rail", sort="relevance", collapse="story", cursor=cursor)
    assert refused["errors"][0]["name"] == "cursor"
