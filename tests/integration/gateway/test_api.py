"""The public API over real HTTP."""

import json
from typing import Any

import pytest

from shared.contracts.http.articles import (
    ArticleWhole,
    FeedAnswer,
    PublicSearchAnswer,
    RelatedAnswer,
    RevisionsAnswer,
)
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE
from shared.contracts.http.rates import RatesAnswer
from shared.contracts.http.sources import SourcesAnswer
from shared.contracts.http.suggestions import SuggestAnswer
from tests.integration.gateway.running import System, system
from tests.integration.gateway.standins import GONE, TICKER

READABLE = [
    "/api/v1/feed",
    "/api/v1/search",
    "/api/v1/articles/article0001",
    "/api/v1/articles/article0001/related",
    "/api/v1/articles/article0001/revisions",
    "/api/v1/suggest?q=cen",
    "/api/v1/rates",
    "/api/v1/rates/UZS/USD",
    "/api/v1/sources",
    "/api/v1/openapi.json",
    "/",
    "/articles/article0001",
    "/rates",
    "/sources",
]


async def test_the_feed_has_the_ticker_and_the_results(well: System) -> None:
    answer = await well.get("/api/v1/feed?q=taliban")
    feed = FeedAnswer.model_validate_json(answer.content)
    assert next(iter(answer.json())) == "ticker"
    assert [entry.text for entry in feed.ticker] == TICKER
    assert feed.results.text == "Viewing results 1 - 6 of 248"
    assert len(feed.articles) == 6
    assert not feed.stale
    assert answer.json()["results"]["from"] == 1


async def test_the_search_is_the_feed_without_its_ticker(well: System) -> None:
    feed = (await well.get("/api/v1/feed?page=2")).json()
    search = (await well.get("/api/v1/search?page=2")).json()
    assert "ticker" not in search
    assert {**search, "as_of": 0} == {
        **{name: value for name, value in feed.items() if name != "ticker"},
        "as_of": 0,
    }
    PublicSearchAnswer.model_validate(search)


async def test_search_is_asked_what_the_reader_asked(well: System) -> None:
    await well.get(
        "/api/v1/search?q=silk+road&country=KG&country=TJ&after=2026-01&sort=relevance&collapse=story&excerpt_words=0"
    )
    asked = well.search.asked[-1].query_params
    assert asked["q"] == "silk road"
    assert asked.getlist("country") == ["KG", "TJ"]
    assert (asked["after"], asked["sort"], asked["excerpt_words"]) == ("2026-01-01", "relevance", "0")


async def test_the_link_header_leads_through_all_pages(well: System) -> None:
    answer = await well.get("/api/v1/feed?q=taliban&page=2")
    assert answer.links["prev"]["url"] == "/api/v1/feed?q=taliban"
    assert answer.links["next"]["url"] == "/api/v1/feed?q=taliban&page=3"
    assert answer.links["last"]["url"] == "/api/v1/feed?q=taliban&page=42"
    last = await well.get(answer.links["last"]["url"])
    assert "next" not in last.links
    assert last.json()["results"]["text"] == "Viewing results 247 - 248 of 248"


async def test_reading_by_cursor_meets_every_article_once(well: System) -> None:
    link: str | None = "/api/v1/search?cursor=0&page_size=50"
    seen: list[str] = []
    while link:
        answer = await well.get(link)
        assert answer.json()["results"]["page"] is None
        seen += [article["id"] for article in answer.json()["articles"]]
        link = answer.links.get("next", {}).get("url")
    assert len(seen) == len(set(seen)) == 248


@pytest.mark.parametrize(
    ("query", "name", "allowed"),
    [
        ("page=0", "page", "greater than or equal to 1"),
        ("page_size=10000", "page_size", "less than or equal to 100"),
        ("excerpt_words=501", "excerpt_words", "less than or equal to 500"),
        ("q=" + "x" * 10_000, "q", "at most 1000"),
        ("after=soon", "after", "YYYY-MM-DD"),
        ("sort=oldest", "sort", "'newest' or 'relevance'"),
        ("match=some", "match", "'all' or 'any'"),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/feed", "/api/v1/search"])
async def test_a_wrong_parameter_is_told_by_name_and_bounds(
    well: System, path: str, query: str, name: str, allowed: str
) -> None:
    answer = await well.get(f"{path}?{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    (fault,) = answer.json()["errors"]
    assert fault["name"] == name
    assert allowed in fault["message"]


async def test_a_page_too_deep_is_told_to_use_the_cursor(well: System) -> None:
    answer = await well.get("/api/v1/feed?page=101&page_size=100")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    assert "cursor" in answer.json()["detail"]


async def test_a_problem_of_search_is_handed_on(well: System) -> None:
    answer = await well.get("/api/v1/search?cursor=broken")
    assert answer.status_code == 422
    told = answer.json()
    assert told["type"] == "urn:silkwire:problem:invalid-parameter"
    assert told["instance"] == "/api/v1/search"
    assert told["request_id"] == answer.headers["x-request-id"]


async def test_an_article_is_shown_whole_missing_or_gone(well: System) -> None:
    whole = await well.get("/api/v1/articles/article0002")
    assert ArticleWhole.model_validate_json(whole.content).text == "First paragraph.\n\nSecond paragraph."
    missing = await well.get("/api/v1/articles/unknown")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:silkwire:problem:unknown-article")
    gone = await well.get(f"/api/v1/articles/{GONE}")
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:silkwire:problem:article-withdrawn")


@pytest.mark.parametrize("article_id", ["%2e%2e", "..%2fsearch", "a%20b", "x" * 65])
async def test_an_id_that_cannot_be_one_reaches_no_other_service(well: System, article_id: str) -> None:
    """What a reader types must not become another path inside."""
    before = len(well.search.asked)
    assert (await well.get(f"/api/v1/articles/{article_id}")).status_code == 404
    assert len(well.search.asked) == before


async def test_rates_are_all_there_and_one_by_one(well: System) -> None:
    rates = RatesAnswer.model_validate_json((await well.get("/api/v1/rates")).content)
    assert len(rates.rates) == 6
    assert not rates.stale
    one = (await well.get("/api/v1/rates/uzs/usd")).json()
    assert one["scaled"] == {"per": 1000, "text": "1000 UZS/USD = 0.08236"}
    cross = (await well.get("/api/v1/rates/kgs/uzs")).json()
    assert (cross["text"], cross["change_pct"]) == ("KGS/UZS = 144.46296", None)
    missing = await well.get("/api/v1/rates/XAU/USD")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:silkwire:problem:unknown-pair")
    assert (await well.get("/api/v1/rates/DOLLAR/USD")).json()["errors"][0]["name"] == "base"


async def test_sources_are_handed_on_from_ingest(well: System) -> None:
    known = SourcesAnswer.model_validate_json((await well.get("/api/v1/sources")).content)
    assert [source.name for source in known.sources] == ["Oasis", "Steppe", "Yurt"]


@pytest.mark.parametrize("path", READABLE)
async def test_head_is_get_without_the_body(well: System, path: str) -> None:
    whole = await well.get(path, headers={"Accept-Encoding": "identity"})
    head = await well.client.head(well.url + path, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize("path", READABLE)
async def test_what_a_reader_has_already_is_not_sent_again(well: System, path: str) -> None:
    first = await well.get(path)
    again = await well.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (await well.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_any_web_page_may_read_the_api_without_credentials(well: System) -> None:
    answer = await well.get("/api/v1/feed", headers={"Origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "Link" in answer.headers["access-control-expose-headers"]
    page = await well.get("/", headers={"Origin": "https://app.example"})
    assert "access-control-allow-origin" not in page.headers


async def test_a_write_is_not_allowed_and_says_so(well: System) -> None:
    answer = await well.client.post(f"{well.url}/api/v1/feed")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE
    assert "GET" in answer.headers["allow"]


async def test_an_unknown_path_is_a_problem_in_the_api(well: System) -> None:
    answer = await well.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == PROBLEM_MEDIA_TYPE


async def test_sample_data_is_said_in_every_answer() -> None:
    async with system(sample_data=True) as made:
        for path in (*READABLE, "/api/v1/nothing"):
            assert (await made.get(path)).headers["x-silkwire-sample-data"] == "true"
        assert "sample data" in (await made.get("/")).text


async def test_real_data_is_not_called_sample_data(well: System) -> None:
    assert "x-silkwire-sample-data" not in (await well.get("/api/v1/feed")).headers
    assert "sample data" not in (await well.get("/")).text


async def test_the_api_describes_itself_with_examples(well: System) -> None:
    described = (await well.get("/api/v1/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert set(described["paths"]) == {
        "/api/v1/feed",
        "/api/v1/search",
        "/api/v1/suggest",
        "/api/v1/articles/{article_id}",
        "/api/v1/articles/{article_id}/related",
        "/api/v1/articles/{article_id}/revisions",
        "/api/v1/rates",
        "/api/v1/rates/{base}/{quote}",
        "/api/v1/rates/{base}/{quote}/history",
        "/api/v1/convert",
        "/api/v1/sources",
        "/api/v1/articles/{article_id}/withdraw",
        "/api/v1/sources/{source_id}",
        "/api/v1/sources/opml",
        "/api/v1/sources.opml",
    }
    for method, operation in (pair for path in described["paths"].values() for pair in path.items()):
        assert operation["operationId"].isidentifier()
        assert operation["tags"]
        assert operation["summary"]
        (done,) = (told for status, told in operation["responses"].items() if status.startswith("2"))
        if "application/json" in done.get("content", {}) or method == "get":
            told = done["content"].get("application/json", {})
            assert {"text/x-opml"} == set(done["content"]) or told.get("example") or told["examples"]
        for status, told in operation["responses"].items():
            if int(status) >= 400:
                assert list(told["content"]) == [PROBLEM_MEDIA_TYPE]
                content = told["content"][PROBLEM_MEDIA_TYPE]
                shown = content.get("examples") or {"": {"value": content["example"]}}
                assert {one["value"]["status"] for one in shown.values()} == {int(status)}
    assert _dangling(described) == set()


def _dangling(described: Any) -> set[str]:
    text = json.dumps(described)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    return named - set(described["components"]["schemas"])


async def test_a_search_tells_where_its_words_stand_and_the_feed_shows_texts_from_their_beginning(
    well: System,
) -> None:
    found = PublicSearchAnswer.model_validate_json((await well.get("/api/v1/search?q=central")).content)
    assert all(article.highlights for article in found.articles)
    feed = FeedAnswer.model_validate_json((await well.get("/api/v1/feed?q=central")).content)
    assert not any(article.highlights for article in feed.articles)


async def test_facets_are_asked_for_by_commas_or_one_by_one(well: System) -> None:
    for asked in ("facets=country,topic", "facets=country&facets=topic"):
        answer = await well.get(f"/api/v1/search?q=central&{asked}")
        assert well.search.asked[-1].query_params.getlist("facets") == ["country", "topic"]
        assert answer.json()["facets"]["topic"] == [{"value": "KG", "name": "KG", "count": 7}]
    assert (await well.get("/api/v1/search?q=central")).json()["facets"] is None
    wrong = await well.get("/api/v1/search?facets=colour")
    assert (wrong.status_code, wrong.json()["errors"][0]["name"].split(".")[0]) == (422, "facets")


async def test_what_belongs_to_an_article_is_had_below_its_address(well: System) -> None:
    related = await well.get("/api/v1/articles/article0001/related?page_size=3&excerpt_words=0")
    assert len(RelatedAnswer.model_validate_json(related.content).articles) == 3
    assert well.search.asked[-1].query_params["excerpt_words"] == "0"
    revisions = await well.get("/api/v1/articles/article0001/revisions")
    assert RevisionsAnswer.model_validate_json(revisions.content).revisions[0].changed == ["title"]
    for name in ("related", "revisions"):
        assert (await well.get(f"/api/v1/articles/{GONE}/{name}")).status_code == 410
        assert (await well.get(f"/api/v1/articles/no..way/{name}")).status_code == 404
    assert (await well.get("/api/v1/articles/article0001/related?page_size=21")).status_code == 422


async def test_somebody_who_types_is_told_how_it_may_go_on(well: System) -> None:
    told = SuggestAnswer.model_validate_json((await well.get("/api/v1/suggest?q=new+cen")).content)
    assert (told.q, told.completions, len(told.titles)) == ("new cen", ["Central"], 1)
    assert (await well.get("/api/v1/suggest?q=" + "x" * 1001)).status_code == 422


async def test_a_question_that_is_too_much_is_refused_alone(well: System) -> None:
    """Whoever asks too much must not make the gateway leave search alone for everybody."""
    for _ in range(20):
        refused = await well.get("/api/v1/search?q=everything at once")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["type"] == "urn:silkwire:problem:search-busy"
    assert (await well.get("/api/v1/search?q=central")).status_code == 200
