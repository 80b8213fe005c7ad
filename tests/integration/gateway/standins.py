"""Small real servers that stand in for search, rates and ingest."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from shared.contracts.http.articles import (
    ArticleEntry,
    ArticleWhole,
    FacetValue,
    Highlights,
    QueryEcho,
    RelatedAnswer,
    Results,
    RevisionEntry,
    RevisionsAnswer,
    SearchAnswer,
    SourceName,
    StoryMember,
    StoryRef,
)
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, ProblemAnswer
from shared.contracts.http.rates import RatesAnswer, Scaled, TickerEntry
from shared.contracts.http.sources import SourceHealth, SourcesAnswer
from shared.contracts.http.suggestions import SuggestAnswer, TitleSuggestion
from shared.contracts.http.withdrawals import WithdrawalAnswer
from shared.contracts.rates import RateSource, Status
from shared.testing.eventually import eventually
from shared.web import serve
from silkwire.backing.ports import free_port

HOST = "127.0.0.1"
TODAY = datetime(2026, 6, 3, tzinfo=UTC)
Mood = Literal["well", "slow", "broken", "html", "starting"]
GONE = "gonegonegonegonegonegonego"


async def listens(port: int) -> bool:
    """Tell whether somebody accepts connections on a port."""
    try:
        _reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


class StandIn:
    """A real server that answers as a test wants: well, not at all, too slowly, or with an error."""

    def __init__(self, routes: list[Route]) -> None:
        self.port = free_port()
        self.mood: Mood = "well"
        self.asked: list[Request] = []
        self._app = Starlette(routes=routes)
        self._stop = asyncio.Event()
        self._released = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        """Listen."""
        self._stop, self._released = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(serve(self._app, HOST, self.port, self._stop, drain_s=20))
        await eventually(lambda: listens(self.port), what="the stand-in listening")

    async def stop(self) -> None:
        """Go away."""
        self._released.set()
        self._stop.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def answer(self, request: Request, well: BaseModel | Response) -> Response:
        """Return the answer that fits the mood."""
        self.asked.append(request)
        match self.mood:
            case "broken":
                return Response("no", status_code=500)
            case "html":
                return HTMLResponse("<h1>It works!</h1>")
            case "starting":
                return problem(503, "index-unavailable", headers={"Retry-After": "7"})
            case "slow":
                await self._released.wait()
        return well if isinstance(well, Response) else as_json(well)


def as_json(model: BaseModel) -> Response:
    """Return a contract's model as JSON."""
    return Response(model.model_dump_json(by_alias=True), media_type="application/json")


def problem(status: int, kind: str, *, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as another service tells it."""
    body = ProblemAnswer(
        type=f"urn:silkwire:problem:{kind}", title=kind.replace("-", " ").capitalize(), status=status
    )
    return Response(
        body.model_dump_json(), status_code=status, media_type=PROBLEM_MEDIA_TYPE, headers=headers
    )


def entry(number: int, **values: Any) -> ArticleEntry:
    """Return the article that is the `number`th newest."""
    plain: dict[str, Any] = {
        "id": f"article{number:04}",
        "rev": 1,
        "title": f"Central Asia Asks: what comes after day {number}?",
        "url": f"https://steppe.example/{number}",
        "source": SourceName(id="steppe", name="The Steppe Courier", country="KG"),
        "outlet": "steppe.example",
        "authors": [],
        "published_at": TODAY - timedelta(hours=number),
        "published_certainty": "exact",
        "first_seen_at": TODAY - timedelta(hours=number) + timedelta(minutes=2),
        "language": "en",
        "topics": ["borders"],
        "excerpt": "On June 3, a caravan of lorries set out for the pass. " * 8 + "It rested...",
        "truncated": True,
    }
    return ArticleEntry(**{**plain, **values})


FOREIGN = entry(
    2,
    id="article0002",
    title="На перевале открыли новый пункт пропуска",
    language="ru",
    published_certainty="day_only",
    source=SourceName(id="pereval", name="Перевал", country="TJ"),
    excerpt="Пункт пропуска работает круглые сутки.",
    truncated=False,
)
HOSTILE = entry(
    3,
    id="article0003",
    title='<script>alert("title")</script> & <b>bold</b>',
    url="javascript:alert(1)",
    language=None,
    excerpt="<img src=https://tracker.example/p.gif onerror=alert(1)> text",
)
COPIED = entry(
    5, id="article0005", story=StoryRef(id="article0005", size=4, first_seen=True), title="Copied by others"
)
RIGHT_TO_LEFT = entry(4, id="article0004", title="بازار هرات باز شد", language="fa", excerpt="بازار باز است.")


def _member(article: ArticleEntry) -> StoryMember:
    """Return an article of a story that `article0005` began."""
    fields = article.model_dump(include=set(StoryMember.model_fields))
    return StoryMember(**fields, first_seen=article.id == COPIED.id)


class SearchStandIn(StandIn):
    """Search with a number of articles, whatever is asked; numbers its pages as search does."""

    def __init__(self, total: int = 248) -> None:
        super().__init__(
            [
                Route("/v1/search", self._search),
                Route("/v1/suggest", self._suggest),
                Route("/v1/articles/{id}", self._article),
                Route("/v1/articles/{id}/related", self._related),
                Route("/v1/articles/{id}/revisions", self._revisions),
            ]
        )
        self.total = total

    def _entries(self) -> list[ArticleEntry]:
        special = {2: FOREIGN, 3: HOSTILE, 4: RIGHT_TO_LEFT, 5: COPIED}
        return [special.get(number) or entry(number) for number in range(1, self.total + 1)]

    async def _search(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("cursor") == "broken":
            return problem(422, "invalid-parameter")
        if asked.get("q") == "everything at once":
            return problem(503, "search-busy", headers={"Retry-After": "1"})
        size = int(asked["page_size"])
        start = int(asked["cursor"]) if "cursor" in asked else (int(asked["page"]) - 1) * size
        articles = self._entries()[start : start + size]
        if "highlights" in asked and asked.get("q"):
            articles = [
                one.model_copy(update={"highlights": Highlights(title=[(0, 3)], excerpt=[(0, 4)])})
                for one in articles
            ]
        counted = {name: [FacetValue(value="KG", name="KG", count=7)] for name in asked.getlist("facets")}
        more = start + size < self.total
        numbered = bool(articles) and "cursor" not in asked
        first, last = (start + 1, start + len(articles)) if numbered else (None, None)
        found = SearchAnswer(
            query=QueryEcho(q=asked.get("q", ""), read_as=asked.get("q", "").lower(), filters={}),
            results=Results(
                from_=first,
                to=last,
                total=self.total,
                text=self._text(start, len(articles)),
                page=None if "cursor" in asked else int(asked["page"]),
                page_size=size,
                pages=-(-self.total // size),
                next_cursor=str(start + size) if more else None,
            ),
            articles=articles,
            facets=counted or None,
        )
        return await self.answer(request, found)

    def _text(self, start: int, shown: int) -> str:
        if not self.total:
            return "No results"
        if not shown:
            return f"No results on this page ({self.total} in all)"
        return f"Viewing results {start + 1} - {start + shown} of {self.total}"

    async def _suggest(self, request: Request) -> Response:
        first = entry(1)
        title = TitleSuggestion(
            id=first.id, title=first.title, source=first.source, published_at=first.published_at
        )
        answer = SuggestAnswer(q=request.query_params["q"], completions=["Central"], titles=[title])
        return await self.answer(request, answer)

    async def _related(self, request: Request) -> Response:
        if request.path_params["id"] == GONE:
            return await self.answer(request, problem(410, "article-withdrawn"))
        size = int(request.query_params["page_size"])
        return await self.answer(request, RelatedAnswer(articles=self._entries()[1 : 1 + size]))

    async def _revisions(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        if wanted == GONE:
            return await self.answer(request, problem(410, "article-withdrawn"))
        edited = RevisionEntry(rev=2, at=TODAY, changed=["title"])
        return await self.answer(request, RevisionsAnswer(id=wanted, rev=2, revisions=[edited]))

    async def _article(self, request: Request) -> Response:
        wanted = request.path_params["id"]
        if wanted == GONE:
            return await self.answer(request, problem(410, "article-withdrawn"))
        for article in self._entries():
            if article.id == wanted:
                text = "First paragraph.\n\nSecond paragraph." if wanted == FOREIGN.id else None
                whole = ArticleWhole(
                    **article.model_dump(exclude={"rights"}),
                    members=[_member(each) for each in (COPIED, entry(7))] if wanted == COPIED.id else [],
                    rights="full" if text else "excerpt",
                    text=text,
                    html=text and f"<p>{text}</p>",
                )
                return await self.answer(request, whole)
        return await self.answer(request, problem(404, "unknown-article"))


def rate(pair: str, value: str, change: str | None, *, status: Status = "ok") -> TickerEntry:
    """Return a rate of a bank."""
    bank = RateSource(id="CBU", name="Central Bank of Uzbekistan", url="https://bank.example/rates")
    return TickerEntry(
        pair=pair,
        value=value,
        change_pct=change,
        text=f"{pair} = {value}" + ("" if change is None else f" {change}%"),
        exact_value=value + "8976799524",
        scaled=Scaled(per=1000, text=f"1000 {pair} = 0.08236") if value == "0.00008" else None,
        as_of=TODAY,
        source=bank,
        status=status,
        note="No newer table has been published." if status == "late" else None,
    )


FOUR = [
    rate("KGS/USD", "0.01190", "0"),
    rate("KZT/USD", "0.00211", "0"),
    rate("TJS/USD", "0.09438", "0.21"),
    rate("UZS/USD", "0.00008", "0"),
]
TICKER = [
    "KGS/USD = 0.01190 0%",
    "KZT/USD = 0.00211 0%",
    "TJS/USD = 0.09438 0.21%",
    "UZS/USD = 0.00008 0%",
]


class RatesStandIn(StandIn):
    """Rates with the ticker's four and two more."""

    def __init__(self) -> None:
        super().__init__(
            [
                Route("/v1/rates", self._rates),
                Route("/v1/rates/{base}/{quote}", self._pair),
                Route("/v1/rates/{base}/{quote}/history", self._history),
                Route("/v1/convert", self._convert),
            ]
        )
        self.rates = [
            *FOUR,
            rate("RUB/USD", "0.01268", "-1.5", status="late"),
            rate("EUR/USD", "1.08210", None),
        ]

    async def _history(self, request: Request) -> Response:
        if request.path_params["base"] == "XAU":
            return await self.answer(request, problem(404, "unknown-pair"))
        if request.path_params["base"] == "BSY":
            return await self.answer(request, problem(503, "history-busy", headers={"Retry-After": "1"}))
        if request.query_params["format"] == "csv":
            return await self.answer(request, Response("session_on\n2026-06-03\n", media_type="text/csv"))
        return await self.answer(request, Response(b'{"rows": []}', media_type="application/json"))

    async def _convert(self, request: Request) -> Response:
        if request.query_params.get("on") == "1990-01-01":
            return await self.answer(request, problem(404, "no-fixing"))
        return await self.answer(request, Response(b'{"result": "1.00"}', media_type="application/json"))

    async def _rates(self, request: Request) -> Response:
        return await self.answer(request, RatesAnswer(rates=self.rates, as_of=TODAY))

    async def _pair(self, request: Request) -> Response:
        """Of all crosses this one knows but one."""
        if (request.path_params["base"], request.path_params["quote"]) == ("KGS", "UZS"):
            return await self.answer(request, rate("KGS/UZS", "144.46296", None))
        return await self.answer(request, problem(404, "unknown-pair"))


class IngestStandIn(StandIn):
    """Ingest with one source that is well, one that fails and one that is new."""

    def __init__(self) -> None:
        super().__init__(
            [
                Route("/v1/sources", self._sources),
                Route("/v1/articles/{id}/withdraw", self._withdraw, methods=["POST"]),
                Route("/v1/websub/{token}", self._websub, methods=["GET", "POST"]),
            ]
        )
        self.told: list[str] = []
        """Bodies of what administrators asked for."""
        self.calls: list[tuple[str, bytes, str | None]] = []
        """What hubs told: token, body, signature."""

    async def _websub(self, request: Request) -> Response:
        token = request.path_params["token"]
        if request.method == "GET":
            challenge = request.query_params["hub.challenge"]
            return await self.answer(request, Response(challenge, media_type="text/plain"))
        self.calls.append((token, await request.body(), request.headers.get("x-hub-signature")))
        if token == "nobody":
            return await self.answer(request, problem(410, "gone"))
        return await self.answer(request, Response(status_code=202))

    async def _withdraw(self, request: Request) -> Response:
        self.told.append((await request.body()).decode())
        article_id = request.path_params["id"]
        if article_id == "nobody":
            return await self.answer(request, problem(404, "unknown-article"))
        done = WithdrawalAnswer(id=article_id, rev=2, url="https://a.kg/1", withdrawn=True, already=False)
        return await self.answer(request, done)

    async def _sources(self, request: Request) -> Response:
        def source(name: str, **values: Any) -> SourceHealth:
            return SourceHealth(
                id=name.lower(),
                name=name,
                outlet=f"{name.lower()}.example",
                rights="excerpt",
                url=f"https://{name.lower()}.example/rss",
                **values,
            )

        well = source(
            "Steppe", country="KG", language="en", interval_s=600, last_success_at=TODAY, articles=412
        )
        failing = source("Oasis", interval_s=3600, last_failure_at=TODAY, last_failure="http_status")
        known = SourcesAnswer(sources=[failing, well, source("Yurt", interval_s=90)])
        return await self.answer(request, known)
