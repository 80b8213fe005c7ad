"""The newsroom as a web application: feeds with validators, pages for its links, the list of sources, the banks."""

from collections.abc import Callable
from datetime import datetime
from html import escape

from fastapi import FastAPI, HTTPException
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from shared.web import create_api
from silkwire.newsroom.banks.answers import Banks
from silkwire.newsroom.banks.api import bank_routes
from silkwire.newsroom.conditional import answer
from silkwire.newsroom.edition import Article
from silkwire.newsroom.feeds import article_html
from silkwire.newsroom.room import Entry, Newsroom, UnknownArticleError
from silkwire.newsroom.sources import feed_url, home_url, opml, source, sources

_NOTE = "Sample data: this publisher and its articles are invented."
_STYLE = "body{max-width:42em;margin:2em auto;padding:0 1em;font:1.1em/1.5 serif}"


class Edit(BaseModel):
    """A new title for an article."""

    source: str
    guid: str
    title: str = Field(min_length=1, max_length=300)


class Publish(BaseModel):
    """How many numbered articles to publish."""

    count: int = Field(ge=1, le=20_000)


class ControlArticle(BaseModel):
    """An article as tests count it."""

    id: str = Field(description="its guid")
    source: str
    title: str
    text: str
    published_at: datetime


def create_newsroom_app(
    room: Newsroom, *, now: Callable[[], datetime], record: Callable[[Entry], None], control: bool
) -> FastAPI:
    """Return the application.

    Args:
        room: what is published.
        now: the current instant, aware UTC.
        record: keeps an entry and gives it to the room.
        control: whether tests may edit and publish through `/_control/`.
    """
    app = create_api(
        "Sample newsroom", "Invented news and rates, for demo and tests.", registry=CollectorRegistry()
    )
    _add_pages(app, room, now)
    app.include_router(bank_routes(Banks(room.anchor), now))
    if control:
        _add_control(app, room, now, record)
    return app


def _add_pages(app: FastAPI, room: Newsroom, now: Callable[[], datetime]) -> None:
    @app.get("/")
    async def index() -> Response:
        """List the sources."""
        return HTMLResponse(_index_page(room))

    @app.get("/sources.opml")
    async def sources_opml() -> Response:
        """Return the list of sources."""
        return Response(opml(room.base_url), media_type="text/x-opml; charset=utf-8")

    @app.get("/s/{source_id}/feed")
    async def feed(source_id: str, request: Request) -> Response:
        """Return a source's feed, or 304."""
        _require_source(source_id)
        found = room.feed(source_id, now())
        return answer(request, found.body, found.media_type, found.changed_at)

    @app.get("/s/{source_id}/")
    async def home(source_id: str) -> Response:
        """Return a source's front page."""
        _require_source(source_id)
        return HTMLResponse(_source_page(room, source_id, now()))

    @app.get("/s/{source_id}/{slug}")
    async def article(source_id: str, slug: str) -> Response:
        """Return an article's page."""
        found = [item for item in room.articles(now()) if (item.source_id, item.slug) == (source_id, slug)]
        if not found:
            raise HTTPException(404)
        return HTMLResponse(_article_page(found[0]))


def _add_control(
    app: FastAPI, room: Newsroom, now: Callable[[], datetime], record: Callable[[Entry], None]
) -> None:
    @app.get("/_control/articles")
    async def articles() -> list[ControlArticle]:
        """Return every article there is."""
        return [
            ControlArticle(
                id=item.guid,
                source=item.source_id,
                title=item.title,
                text=item.text,
                published_at=item.published_at,
            )
            for item in room.articles(now())
        ]

    @app.post("/_control/edit", status_code=204)
    async def edit(wanted: Edit) -> None:
        """Give an article a new title."""
        try:
            room.find(wanted.source, wanted.guid)
        except UnknownArticleError as error:
            raise HTTPException(404, "no article of this source has this guid") from error
        record(Entry("edited", now(), source_id=wanted.source, guid=wanted.guid, title=wanted.title))

    @app.post("/_control/publish", status_code=204)
    async def publish(wanted: Publish) -> None:
        """Publish numbered articles."""
        record(Entry("published", now(), count=wanted.count))


def _require_source(source_id: str) -> None:
    try:
        source(source_id)
    except KeyError as error:
        raise HTTPException(404, "no such source") from error


def _index_page(room: Newsroom) -> str:
    rows = "".join(
        f'<li><a href="{home_url(room.base_url, item.id)}" lang="{item.language}">{escape(item.name)}</a> '
        f'<a href="{feed_url(room.base_url, item.id)}">feed</a></li>'
        for item in sources()
    )
    return _page("Sample newsroom", "en", f'<ul>{rows}</ul><p><a href="/sources.opml">OPML</a></p>')


def _source_page(room: Newsroom, source_id: str, now: datetime) -> str:
    shown = source(source_id)
    rows = "".join(
        f'<li><a href="{escape(item.slug)}">{escape(item.title)}</a></li>'
        for item in room.of_source(source_id, now)
    )
    return _page(shown.name, shown.language, f"<ul>{rows}</ul>")


def _article_page(article: Article) -> str:
    shown = source(article.source_id)
    byline = f"{shown.name} · {article.author} · {article.published_at:%Y-%m-%d %H:%M} UTC"
    return _page(article.title, shown.language, f"<p>{escape(byline)}</p>\n{article_html(article)}")


def _page(title: str, language: str, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f'<body><p lang="en"><small>{_NOTE}</small></p><h1>{escape(title)}</h1>\n{body}</body></html>\n'
    )
